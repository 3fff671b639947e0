import { familyOf, sizeOf } from './instance-type.ts';

/** The GPUs of a family's machines. */
interface Gpu {
  readonly manufacturer: 'NVIDIA' | 'AMD' | 'HABANA';
  /** What identifies it in a name, in upper case: `T4` in `NVIDIA-TESLA-T4`. */
  readonly model: string;
  /** The number of GPUs by size; `else` is for every other size, and null for a fraction of a GPU. */
  readonly counts: { readonly else: number | null } & Readonly<Record<string, number | null>>;
}

interface Family {
  readonly cpu: 'INTEL' | 'AMD' | 'AWS';
  /** Null for machines with other accelerators: Inferentia, Trainium, FPGAs, media chips. */
  readonly gpu: Gpu | null;
}

const ONE = { else: 1 };
const EIGHT = { else: 8 };
const PART = { else: null };
/** From two GPUs on, in `12xlarge`. */
const TWO_FOUR_EIGHT = { else: 1, '12xlarge': 2, '24xlarge': 4, '48xlarge': 8 };
const FOUR_FOUR_EIGHT = { else: 1, '12xlarge': 4, '24xlarge': 4, '48xlarge': 8 };

function nvidia(cpu: Family['cpu'], model: string, counts: Gpu['counts']): Family {
  return { cpu, gpu: { manufacturer: 'NVIDIA', model, counts } };
}

const withoutGpu = (cpu: Family['cpu']): Family => ({ cpu, gpu: null });

/**
 * The accelerated families that Spot Advisor has had, as EC2's DescribeInstanceTypes describes them. Sources: AWS's
 * pages "Specifications for Amazon EC2 accelerated computing instances" and, for what these no longer list, "Previous
 * generation instances"; Karpenter's list of instance types of August 2026 agrees.
 */
const FAMILIES: Readonly<Record<string, Family>> = {
  dl1: { cpu: 'INTEL', gpu: { manufacturer: 'HABANA', model: 'GAUDI', counts: EIGHT } },
  dl2q: withoutGpu('INTEL'),
  f1: withoutGpu('INTEL'),
  f2: withoutGpu('AMD'),
  g2: nvidia('INTEL', 'K520', { else: 1, '8xlarge': 4 }),
  g3: nvidia('INTEL', 'M60', { else: 1, '8xlarge': 2, '16xlarge': 4 }),
  g3s: nvidia('INTEL', 'M60', ONE),
  g4ad: {
    cpu: 'AMD',
    gpu: { manufacturer: 'AMD', model: 'V520', counts: { else: 1, '8xlarge': 2, '16xlarge': 4 } },
  },
  g4dn: nvidia('INTEL', 'T4', { else: 1, '12xlarge': 4, metal: 8 }),
  g5: nvidia('AMD', 'A10G', FOUR_FOUR_EIGHT),
  g5g: nvidia('AWS', 'T4G', { else: 1, '16xlarge': 2, metal: 2 }),
  g6: nvidia('AMD', 'L4', FOUR_FOUR_EIGHT),
  g6e: nvidia('AMD', 'L40S', FOUR_FOUR_EIGHT),
  g6f: nvidia('AMD', 'L4', PART),
  g7: nvidia('INTEL', '4500', TWO_FOUR_EIGHT),
  g7e: nvidia('INTEL', '6000', TWO_FOUR_EIGHT),
  gr6: nvidia('AMD', 'L4', ONE),
  gr6f: nvidia('AMD', 'L4', PART),
  inf1: withoutGpu('INTEL'),
  inf2: withoutGpu('AMD'),
  p2: nvidia('INTEL', 'K80', { else: 1, '8xlarge': 8, '16xlarge': 16 }),
  p3: nvidia('INTEL', 'V100', { else: 1, '8xlarge': 4, '16xlarge': 8 }),
  p3dn: nvidia('INTEL', 'V100', EIGHT),
  p4d: nvidia('INTEL', 'A100', EIGHT),
  p4de: nvidia('INTEL', 'A100', EIGHT),
  p5: nvidia('AMD', 'H100', { else: 8, '4xlarge': 1 }),
  p5e: nvidia('AMD', 'H200', EIGHT),
  p5en: nvidia('INTEL', 'H200', EIGHT),
  'p6-b200': nvidia('INTEL', 'B200', EIGHT),
  'p6-b300': nvidia('INTEL', 'B300', EIGHT),
  trn1: withoutGpu('INTEL'),
  trn1n: withoutGpu('INTEL'),
  trn2: withoutGpu('INTEL'),
  vt1: withoutGpu('INTEL'),
};

export const ACCELERATED_FAMILIES = Object.keys(FAMILIES);

const MODELS = new Set(Object.values(FAMILIES).flatMap(({ gpu }) => gpu?.model ?? []));

/** @returns the family's facts; null for a family that this version does not know */
export function acceleratedFamily(instanceType: string): Family | null {
  const family = familyOf(instanceType);
  return Object.hasOwn(FAMILIES, family) ? (FAMILIES[family] ?? null) : null;
}

/** @returns whether an accelerated type has GPUs; of unknown families, those with the letters of known GPU families */
export function hasGpu(instanceType: string): boolean {
  const known = acceleratedFamily(instanceType);
  return known === null ? /^(gr?|p)\d/.test(instanceType) : known.gpu !== null;
}

/** @returns how many GPUs a type has; null for a fraction of one, and for an unknown family */
export function gpuCount(instanceType: string): number | null {
  const counts = acceleratedFamily(instanceType)?.gpu?.counts;
  if (counts === undefined) return null;
  const size = sizeOf(instanceType);
  return Object.hasOwn(counts, size) ? (counts[size] ?? null) : counts.else;
}

/**
 * @param name a GPU as CAST AI names it, in any case: `nvidia-tesla-t4`, `A10G`
 * @returns its model as in the table above; null for one that no family of the table has
 */
export function gpuModel(name: string): string | null {
  const words = name.toUpperCase().split(/[^A-Z0-9]+/);
  return words.find((word) => MODELS.has(word)) ?? null;
}

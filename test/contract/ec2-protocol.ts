// EC2's query protocol, by which requests are forms and answers XML, as its models name things.

type Tree = string | Tree[] | { [name: string]: Tree };

/** Forms name lists in the singular. */
const LISTS: Readonly<Record<string, string>> = { MetricName: 'MetricNames', Value: 'Values' };

/** `FilterBy.1.DimensionCondition.Value.2=m5.large` -> `{ FilterBy: [{ DimensionCondition: { Values: [..., 'm5.large'] } }] }` */
export function fromForm(text: string): Tree {
  const root: { [name: string]: Tree } = {};
  for (const [key, value] of new URLSearchParams(text)) {
    if (key === 'Action' || key === 'Version') continue;
    const path = key.split('.').map((name) => LISTS[name] ?? name);
    const last = path.pop() ?? '';
    const parent = path.reduce((at: { [name: string]: Tree }, name) => {
      at[name] ??= {};
      return at[name] as { [name: string]: Tree };
    }, root);
    parent[last] = value;
  }
  return withLists(root);
}

function withLists(tree: Tree): Tree {
  if (typeof tree === 'string' || Array.isArray(tree)) return tree;
  const entries = Object.entries(tree).map(([name, one]): [string, Tree] => [name, withLists(one)]);
  const isList = entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name));
  return isList ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

/** `<metricDataResultSet><item>…</item></metricDataResultSet>` -> `{ MetricDataResults: […] }`, without the id of the request */
export function fromXml(xml: string): Tree {
  const root: { [name: string]: Tree } = {};
  const open: { name: string; children: [string, Tree][]; text: string }[] = [];
  for (const [, slash, name = '', text = ''] of xml.matchAll(/<(\/?)([A-Za-z]\w*)[^>]*>([^<]*)/g)) {
    if (slash === '') {
      open.push({ name, children: [], text });
      continue;
    }
    const closed = open.pop();
    const siblings = open.at(-1)?.children;
    if (closed === undefined || closed.name !== name) throw new Error(`unbalanced XML at ${name}`);
    const { children } = closed;
    const isList = name.endsWith('Set');
    const value = isList
      ? children.map(([, one]) => one)
      : children.length > 0
        ? Object.fromEntries(children)
        : closed.text;
    const capital = name.charAt(0).toUpperCase() + name.slice(1);
    if (siblings !== undefined && name !== 'requestId')
      siblings.push([isList ? capital.replace(/Set$/, 's') : capital, value]);
    else if (siblings === undefined) Object.assign(root, typeof value === 'string' ? {} : value);
  }
  return root;
}

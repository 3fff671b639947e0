import {
  CapacityManager,
  type Dimension,
  HOUR,
  type MachineHour,
  page,
  type Query,
} from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import type { Answer, SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { ec2Failure, refusalOf } from './capacity-query.ts';
import { isSigned } from './secrets-manager.ts';

/** What AWS's documentation leaves open, or what may go wrong. */
export interface CapacityManagerSwitches {
  /** Where it was never enabled, a query is an error, or has no data. */
  enabled: 'yes' | 'no, an error' | 'no, no data';
  ingestion: 'initial-ingestion-in-progress' | 'ingestion-complete' | 'ingestion-failed';
  /** Whether a point lacks a metric, by the point's type, time and value of it. */
  lacks: (metric: string, instanceType: string, time: number, value: number) => boolean;
  /** Points name no zone, whatever they are grouped by. */
  withoutZones: boolean;
  /** Data come this many hours late. */
  hoursLate: number;
  /** Types whose figures are replaced. */
  junk: Readonly<Record<string, number>>;
  pages: 'as asked' | 'an empty one first' | 'empty ones without end' | 'the same token again';
  /** An error code that every request gets, or one for the attributes. */
  failure: string | undefined;
  attributesFailure: string | undefined;
}

const DEFAULTS: CapacityManagerSwitches = {
  enabled: 'yes',
  ingestion: 'ingestion-complete',
  lacks: () => false,
  withoutZones: false,
  hoursLate: 0,
  junk: {},
  pages: 'as asked',
  failure: undefined,
  attributesFailure: undefined,
};

/** Capacity Manager in each of the ways in which it may behave or fail. */
export class SwitchableCapacityManager extends CapacityManager {
  readonly switches: CapacityManagerSwitches = { ...DEFAULTS };

  /** Forgets all data and switches. */
  reset(): void {
    this.machineHours = [];
    Object.assign(this.switches, DEFAULTS);
  }

  override answer(request: SandboxRequest): Answer {
    const { failure, attributesFailure, enabled, pages } = this.switches;
    const form = new URLSearchParams(request.text);
    const isQuery = form.get('Action') === 'GetCapacityManagerMetricData';
    if (!isSigned(request))
      return ec2Failure(403, 'AuthFailure', 'AWS was not able to validate the credentials');
    if (failure !== undefined) return ec2Failure(400, failure, 'a failure of the sandbox');
    if (!isQuery && attributesFailure !== undefined)
      return ec2Failure(400, attributesFailure, 'a failure of the sandbox');
    if (isQuery && enabled === 'no, an error')
      return ec2Failure(400, 'CapacityManagerNotEnabled', 'Capacity Manager is not enabled in this region.');
    const refused = refusalOf(form);
    if (refused !== null) return ec2Failure(400, ...refused);
    const answer = super.answer(request);
    const isFirst = isQuery && answer.status === 200 && !form.has('NextToken');
    return isFirst && pages === 'an empty one first' ? page([], 'token', 0) : answer;
  }

  fail(_request: SandboxRequest, status: number): Answer {
    return ec2Failure(status, status === 503 ? 'Unavailable' : 'InternalError', 'a fault of the sandbox');
  }

  protected override attributes(): string {
    const { enabled, ingestion } = this.switches;
    if (enabled !== 'yes') return '<capacityManagerStatus>disabled</capacityManagerStatus>';
    return super.attributes(ingestion);
  }

  protected override lastHour(): number {
    return super.lastHour() - this.switches.hoursLate * HOUR;
  }

  protected override figures(query: Query): Answer {
    const { enabled, pages } = this.switches;
    if (pages === 'empty ones without end') return page([], `after-${query.offset}`, query.offset + 1);
    if (pages === 'the same token again') return page([], 'token', 'again');
    return enabled === 'yes' ? super.figures(query) : page([], 'from', null);
  }

  protected override dimensionsOf({ groupBy }: Query): readonly Dimension[] {
    return groupBy.filter((name) => !(this.switches.withoutZones && name === 'availability-zone-id'));
  }

  protected override valuesOf(query: Query, members: readonly MachineHour[], time: number) {
    const { lacks, junk } = this.switches;
    const type = members[0]?.instanceType ?? '';
    return super
      .valuesOf(query, members, time)
      .map(([metric, value]) => [metric, junk[type] ?? value] as const)
      .filter(([metric, value]) => !lacks(metric, type, time, value));
  }
}

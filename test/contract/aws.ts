import type { SandboxRequest } from '../../cli/demo/sandbox/http/exchange.ts';
import models from './aws.json' with { type: 'json' };
import { fromForm, fromXml } from './ec2-protocol.ts';
import type { Operation } from './operation.ts';
import { compile, compileTexts } from './schema.ts';

/** A shape of a service model. */
export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly member?: Shape;
  readonly value?: Shape;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
}

/** The services by the prefix of `X-Amz-Target`. */
const SERVICES: Readonly<Record<string, string>> = {
  secretsmanager: 'secretsmanager',
  AWSEvents: 'events',
  AmazonSQS: 'sqs',
};

const operations = new Map(
  Object.entries(models.operations).map(([name, { input, output }]): [string, Operation] => {
    const isEc2 = name.startsWith('ec2:');
    const compiled = isEc2 ? compileTexts : compile;
    const time = isEc2 ? { type: 'string', format: 'date-time' } : { type: 'number' };
    const [asked, answered] = [compiled(schemaOf(input, time)), compiled(schemaOf(output, time))];
    return [
      name,
      {
        request: ({ text, body }) => asked(isEc2 ? fromForm(text) : body),
        // The models do not describe refusals.
        answer: (text, isRefusal) => (isRefusal ? [] : answered(isEc2 ? fromXml(text) : JSON.parse(text))),
      },
    ];
  }),
);

/** @returns the operation that a request asks AWS for; undefined if there is no model of it */
export function awsOperation({ route, headers, text }: SandboxRequest): Operation | undefined {
  if (route === 'evidence') return operations.get(`ec2:${new URLSearchParams(text).get('Action')}`);
  const [service = '', action] = (headers['x-amz-target'] ?? '').split('.');
  return operations.get(`${SERVICES[service]}:${action}`);
}

/** @param time what a timestamp is in the protocol */
function schemaOf(shape: Shape, time: object): object {
  const { type, members = {}, required = [], member, value, min, max, ...others } = shape;
  const named = (least: string, most: string) => ({
    ...(min !== undefined && { [least]: min }),
    ...(max !== undefined && { [most]: max }),
  });
  switch (type) {
    case 'structure': {
      const properties = Object.entries(members).map(([name, one]) => [name, schemaOf(one, time)]);
      return { type: 'object', properties: Object.fromEntries(properties), required };
    }
    case 'list':
      return { type: 'array', items: member && schemaOf(member, time), ...named('minItems', 'maxItems') };
    case 'map':
      return { type: 'object', additionalProperties: value && schemaOf(value, time) };
    case 'string':
      return { type, ...others, ...named('minLength', 'maxLength') };
    // Base64, whose length is another.
    case 'blob':
      return { type: 'string' };
    case 'timestamp':
      return time;
    case 'double':
      return { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] };
    default:
      return { type, ...named('minimum', 'maximum') };
  }
}

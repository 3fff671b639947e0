// JSON schemas. Every object is closed: it has no members but the published ones.
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** @returns what is wrong with a value, one text for each fault */
export type Validate = (value: unknown) => string[];

const json = new Ajv({ allErrors: true, strict: false });
/** For queries and forms, in which every value is text: `true`, `500`. */
const texts = new Ajv({ allErrors: true, strict: false, coerceTypes: true });
formats.default(json);
formats.default(texts);

/** Makes a document available to references. */
export function define(name: string, document: object): void {
  json.addSchema(closed(document), name);
}

/** @param document what the schema's references are relative to */
export function compile(schema: object, document = ''): Validate {
  const absolute = JSON.stringify(closed(schema)).replaceAll('"$ref":"#', `"$ref":"${document}#`);
  return describing(json.compile(JSON.parse(absolute)));
}

export function compileTexts(schema: object): Validate {
  const validate = describing(texts.compile(closed(schema)));
  // It converts what it is given.
  return (value) => validate(structuredClone(value));
}

function describing(validate: ValidateFunction): Validate {
  return (value) => {
    validate(value);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

function closed(schema: object): object {
  const inside = Object.entries(schema).map(([name, one]) => [name, isObject(one) ? closed(one) : one]);
  if (Array.isArray(schema)) return inside.map(([, one]) => one);
  const isClosed = 'properties' in schema && 'type' in schema;
  return { ...(isClosed && { additionalProperties: false }), ...Object.fromEntries(inside) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

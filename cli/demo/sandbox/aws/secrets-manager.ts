import { randomUUID } from 'node:crypto';
import { type Answer, jsonAnswer, type SandboxRequest, type Service } from '../http/exchange.ts';

/** AWS Secrets Manager, limited to `GetSecretValue` (AWS JSON 1.1), by name or ARN. */
export class SecretsManager implements Service {
  protected readonly values = new Map<string, string | Buffer>();
  readonly #region: string;

  constructor(region: string) {
    this.#region = region;
  }

  /** Stores a secret or replaces its value: text as `SecretString`, bytes as `SecretBinary`. Returns its ARN. */
  put(name: string, value: string | Buffer): string {
    this.values.set(name, value);
    return this.#arn(name);
  }

  answer({ body }: SandboxRequest): Answer {
    const { SecretId } = body as { readonly SecretId: string };
    const name = this.#find(SecretId);
    const value = name === undefined ? undefined : this.values.get(name);
    if (name === undefined || value === undefined)
      return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return awsJson(200, {
      ARN: this.#arn(name),
      CreatedDate: 1_767_225_600,
      Name: name,
      VersionId: 'd2c9f1a0-0000-4000-8000-5a4d6f780001',
      VersionStages: ['AWSCURRENT'],
      ...(typeof value === 'string' ? { SecretString: value } : { SecretBinary: value.toString('base64') }),
    });
  }

  /** AWS also accepts an ARN without the six random characters at its end. */
  #find(secretId: string): string | undefined {
    return [...this.values.keys()].find((name) =>
      [name, this.#arn(name), this.#arn(name).slice(0, -'-AbCdEf'.length)].includes(secretId),
    );
  }

  #arn(name: string): string {
    return `arn:aws:secretsmanager:${this.#region}:000000000000:secret:${name}-AbCdEf`;
  }
}

/** The response to a rejected request, with the reason. */
export function refusal(type: string, message: string): Answer {
  return awsJson(400, { __type: type, Message: message });
}

/** Any response in the protocol AWS JSON 1.1. */
export function awsJson(status: number, body: unknown): Answer {
  return jsonAnswer(status, body, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
  });
}

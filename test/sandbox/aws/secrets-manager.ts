import * as v from 'valibot';
import { awsJson, refusal, SecretsManager } from '../../../cli/demo/sandbox/aws/secrets-manager.ts';
import type { Answer, SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';

/** Of what AWS's service model has, what this project sends. */
const REQUEST = v.strictObject({ SecretId: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)) });

/** The failures of `GetSecretValue` that can be switched on, with the sentences AWS uses. */
const FAILURES = {
  NoValue: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
  KmsAccessDenied: 'Access to KMS is not allowed',
  InvalidParameterException: 'Invalid name. Must be a valid name containing alphanumeric characters',
  ExpiredTokenException: 'The security token included in the request is expired',
  UnrecognizedClientException: 'The security token included in the request is invalid.',
  InvalidSignatureException: 'The request signature we calculated does not match the signature you provided.',
  ThrottlingException: 'Rate exceeded',
  AccessDeniedException: 'User is not authorized to perform: secretsmanager:GetSecretValue on this resource',
  DecryptionFailure: "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
  InvalidRequestException:
    "You can't perform this operation on the secret because it was marked for deletion.",
} as const;

export type SecretFailure = keyof typeof FAILURES;

/** Failures that AWS distinguishes only by message. */
const TYPES: Partial<Record<SecretFailure, string>> = {
  NoValue: 'ResourceNotFoundException',
  KmsAccessDenied: 'AccessDeniedException',
};

/** Secrets Manager that can refuse. */
export class FailingSecretsManager extends SecretsManager {
  /** While set, every call fails with it. */
  failure: SecretFailure | undefined;

  delete(name: string): void {
    this.values.delete(name);
  }

  override answer(request: SandboxRequest): Answer {
    if (!isSigned(request))
      return refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
    if (this.failure !== undefined)
      return refusal(TYPES[this.failure] ?? this.failure, FAILURES[this.failure]);
    if (request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue')
      return refusal('UnknownOperationException', 'The sandbox knows GetSecretValue only.');
    const { success, issues } = v.safeParse(REQUEST, request.body);
    return success ? super.answer(request) : invalid(issues);
  }

  fail(_request: SandboxRequest, status: number): Answer {
    return awsJson(status, { __type: 'InternalServiceError', Message: 'a fault of the sandbox' });
  }
}

// What all services with the protocol AWS JSON 1.1 refuse.

/** The SDK signs with whatever credentials it finds; no signature means that it found none. */
export function isSigned({ headers }: SandboxRequest): boolean {
  return headers['authorization']?.startsWith('AWS4-HMAC-SHA256 ') === true;
}

/** The response to a request that its service's model rules out. */
export function invalid(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): Answer {
  return refusal(
    'ValidationException',
    `${issues.length} validation errors detected: ${v.summarize([...issues])}`,
  );
}

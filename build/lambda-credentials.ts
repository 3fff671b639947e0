/*
 * In the function's bundle this stands in for the SDK's chain of credential providers. Lambda hands out its role's
 * credentials in environment variables, and nowhere else; what else the chain knows (SSO, files, processes, EC2,
 * web identities) is a quarter of the bundle, and none of it may ever be asked. docs/decisions/bundle-size.md
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';

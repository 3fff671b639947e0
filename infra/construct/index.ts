// What the package exports for CDK apps.

export type { SpotBlacklistProps } from './props.ts';
export { UnusablePropsError } from './props.ts';
export { SpotBlacklist } from './spot-blacklist.ts';
export type { SpotBlacklistSettings } from './target-settings.ts';

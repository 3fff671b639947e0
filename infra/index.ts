// What the package gives to a CDK app.
export { SpotBlacklist } from './spot-blacklist.ts';
export type { SpotBlacklistProps } from './spot-blacklist-props.ts';
export type { SpotBlacklistSettings } from './target-settings.ts';
export { UnusablePropsError } from './unusable-props.ts';

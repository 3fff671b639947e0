// infra/stack/app.ts, as CDK runs it, with what a test sets in the configuration.
const context = JSON.parse(process.env['CDK_CONTEXT_JSON'] ?? '{}');
const settings: Record<string, unknown> = JSON.parse(process.env['TEST_SETTINGS'] ?? '{}');
for (const [path, value] of Object.entries(settings)) {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  keys.reduce((holder, key) => holder[key], context['spot-blacklist'])[last] = value;
}
process.env['CDK_CONTEXT_JSON'] = JSON.stringify(context);
await import('../../infra/stack/app.ts');

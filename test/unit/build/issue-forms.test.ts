import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT } from '../../support/project.ts';

describe('the forms for issues', () => {
  const FORMS = join(PROJECT, '.github', 'ISSUE_TEMPLATE');
  const forms = readdirSync(FORMS).filter((name) => name !== 'config.yml');

  it('have what GitHub asks of a form', () => {
    expect(forms.length).toBeGreaterThan(1);
    for (const name of forms) {
      const form = parse(readFileSync(join(FORMS, name), 'utf8'), { strict: true });
      expect(form, name).toMatchObject({ name: expect.any(String), description: expect.any(String) });
      const fields: { type: string; id?: string; attributes: object }[] = form.body;
      const ids = fields.filter(({ type }) => type !== 'markdown').map(({ id }) => id);
      expect(ids, name).toEqual([...new Set(ids)]);
      for (const { type, attributes } of fields) {
        expect(type).toMatch(/^(markdown|textarea|input|dropdown|checkboxes)$/);
        expect(attributes).toHaveProperty(type === 'markdown' ? 'value' : 'label');
      }
    }
  });

  it('ask the reporter of a bug for the version, the command and the result, without secrets', () => {
    const { body } = parse(readFileSync(join(FORMS, 'bug.yml'), 'utf8'));
    const ids = body.map(({ id }: { id?: string }) => id);
    expect(ids).toEqual(expect.arrayContaining(['version', 'command', 'result', 'no-secrets']));
  });
});

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { SpotBlacklistSettings } from '../../../infra/construct/target-settings.ts';
import { constructed, HERE, SETTINGS } from '../../support/synthesized.ts';

type OwnEvidence = Pick<SpotBlacklistSettings, 'ownEvidence' | 'ownEvidenceDays' | 'ownEvidenceRegion'>;

function templateWith(own: OwnEvidence) {
  using made = constructed(() => ({ settings: { ...SETTINGS, ...own } }));
  return made.template;
}

const READ = { Sid: 'ReadOwnEvidence' };

describe('the permission to read own evidence', () => {
  test.each([[{}], [{ ownEvidence: 'off' }]] as const)('is not given for %j', (own) => {
    const statements = Object.values(templateWith(own).findResources('AWS::IAM::Policy')).flatMap(
      (policy) => policy['Properties'].PolicyDocument.Statement,
    );
    expect(statements).not.toEqual([]);
    expect(statements).not.toContainEqual(expect.objectContaining(READ));
  });

  test.each([
    ['the function’s region', { ownEvidence: 'report' }, HERE.region],
    ['the home region', { ownEvidence: 'decide', ownEvidenceRegion: 'eu-central-1' }, 'eu-central-1'],
  ] as const)('is for the status and the figures in %s', (_, own, region) => {
    templateWith(own).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            ...READ,
            Effect: 'Allow',
            Action: ['ec2:GetCapacityManagerAttributes', 'ec2:GetCapacityManagerMetricData'],
            Resource: '*',
            Condition: { StringEquals: { 'aws:RequestedRegion': region } },
          },
        ]),
      },
    });
  });
});

test('the function gets the settings of own evidence', () => {
  const own = { ownEvidence: 'decide', ownEvidenceDays: 30, ownEvidenceRegion: 'eu-central-1' } as const;
  templateWith(own).hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: Match.objectLike({
        OWN_EVIDENCE: 'decide',
        OWN_EVIDENCE_DAYS: '30',
        OWN_EVIDENCE_REGION: 'eu-central-1',
      }),
    },
  });
});

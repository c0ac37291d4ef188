import { defineScenario, pickWeighted, think, type Upload } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { sha256 } from 'k6/crypto';
import { DEMO } from '../../contract/demo.ts';
import { STATUS } from './clinic/answer.ts';
import { Clinic } from './clinic/clinic.ts';
import { type FileFormat, FORMATS, fileOf } from './clinic/files.ts';
import type { Prescription } from './clinic/prescriptions.ts';
import { checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';
import { asUser } from './clinic/steps.ts';

const LOOKING_S = 1;
const KIB = 1_024;
const SEES_A_REFUSAL = 0.2;

/** As telephones make them: mostly photographs of some hundred kilobytes, now and then a small scan or one at the limit. */
const SIZES: readonly (readonly [number, number])[] = [
  [20 * KIB, 30],
  [200 * KIB, 60],
  [DEMO.uploads.most_bytes, 10],
];
const TYPES: readonly (readonly [FileFormat, number])[] = [
  [FORMATS.jpeg, 60],
  [FORMATS.pdf, 30],
  [FORMATS.png, 10],
];
const REQUESTS = [
  'POST /api/auth/login',
  'POST /api/prescriptions',
  'GET /api/prescriptions',
  'GET /api/prescriptions/:id/file',
  'DELETE /api/prescriptions/:id',
  'POST /api/auth/logout',
];

export default defineScenario({
  title: 'Prescription upload',
  journey:
    'A patient uploads prescriptions, gets invalid ones refused, and downloads exactly the bytes that were sent.',
  weight: 2,
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 1_000, reason: 'files of up to a megabyte, over all steps' },
    FEW_ERRORS_OR_END,
    checksPass('a prescription with a changed byte is not valid'),
  ]),
  run({ client }) {
    const clinic = new Clinic(client);
    asUser(clinic, (token) => {
      if (Math.random() < SEES_A_REFUSAL) group('a wrong one', () => beRefused(clinic, token));
      const file = fileOf(pickWeighted(TYPES), pickWeighted(SIZES));
      const sent = group('upload', () => upload(clinic, token, file));
      if (!sent) return;
      group('list', () => {
        const { response, data } = clinic.prescriptions.list(token);
        check(response, {
          'prescriptions: list the upload': () => data?.prescriptions.some(({ id }) => id === sent.id) ?? false,
        });
      });
      think(LOOKING_S);
      group('download', () => {
        const response = clinic.prescriptions.download(token, sent.id);
        check(response, {
          'download: is of the type sent': ({ headers }) => headers['Content-Type'] === file.type,
          'download: is what was sent': ({ body }) =>
            body instanceof ArrayBuffer && sha256(body, 'hex') === sha256(file.data, 'hex'),
        });
      });
      group('remove', () => {
        const response = clinic.prescriptions.remove(token, sent.id);
        check(response, { 'prescription: removed': ({ status }) => status === 204 });
      });
    });
  },
});

function upload(clinic: Clinic, token: string, file: Upload): Prescription | undefined {
  const { response, data } = clinic.prescriptions.upload(token, file);
  check(response, {
    'upload: status is 201': ({ status }) => status === 201,
    'upload: arrived whole': () =>
      data?.size_bytes === file.data.byteLength && data.sha256 === sha256(file.data, 'hex'),
    'upload: keeps name and type': () => data?.filename === file.filename && data.type === file.type,
  });
  return data?.id ? data : undefined;
}

/** Too large, and of a type that it is not. */
function beRefused(clinic: Clinic, token: string): void {
  const too_large = clinic.prescriptions.uploadWrongly(token, fileOf(FORMATS.jpeg, DEMO.uploads.most_bytes + 1));
  check(too_large, { 'refused: status is 413 above the limit': ({ status }) => status === STATUS.too_large });
  const disguised: Upload = { ...fileOf(FORMATS.pdf, KIB), type: FORMATS.png.type };
  const response = clinic.prescriptions.uploadWrongly(token, disguised);
  check(response, {
    'refused: status is 415 for the wrong content': ({ status }) => status === STATUS.unsupported_type,
  });
}

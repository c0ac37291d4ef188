import { describe, expect, it } from 'vitest';
import { environmentSecrets, maskAddress, maskNamedSecrets, Redactor, removeUserinfo, toPrintable } from './redact.ts';

function shown(text: string, ...secrets: string[]): string {
  const redactor = new Redactor();
  redactor.add(secrets);
  return redactor.text(text);
}

describe('a secret', () => {
  const basic = Buffer.from('me:hunter2!').toString('base64');

  it('is masked as it stands, and as HTTP, git, JSON and addresses write it', () => {
    const git = Buffer.from('x-access-token:tok en"1').toString('base64');
    for (const form of ['tok en"1', 'tok%20en%221', 'tok en\\"1', git])
      expect(shown(`<${form}>`, 'tok en"1')).toBe('<***>');
  });

  it('of basic authentication is also its password, whichever of the two was given', () => {
    for (const given of ['me:hunter2!', `Basic ${basic}`]) {
      for (const form of ['me:hunter2!', basic, 'hunter2!']) expect(shown(`<${form}>`, given), form).toBe('<***>');
    }
  });

  it('that is an address is also its path and its password', () => {
    const webhook = 'https://hooks.example.com/services/T0/B0/abcdef?x=1';
    expect(shown(`POST ${webhook}: refused`, webhook)).toBe('POST ***: refused');
    expect(shown('no /services/T0/B0/abcdef?x=1', webhook)).toBe('no ***');
  });

  it('that is a word of a few letters stays: masking it would hide nothing, and spoil the text', () => {
    expect(shown('to be or not', 'be')).toBe('to be or not');
  });

  it('of the environment is every variable that is declared so; of headers those that are no words', () => {
    const env = {
      INFLUX_TOKEN: 'influx-token',
      SCENARIO: 'search',
      TARGET_HEADERS: '{"X-Env":"staging","X-Api-Key":"k-123456"}',
    };
    const redactor = new Redactor();
    redactor.add(environmentSecrets(env));
    expect(redactor.text('influx-token search staging k-123456')).toBe('*** search staging ***');
  });
});

it('an address shows nothing of what stands before its host, even where it is none', () => {
  expect(removeUserinfo('see https://me:pass@host/x and mailto:a@b')).toBe('see https://***@host/x and mailto:a@b');
  expect(maskAddress('https:/me:pa ss@host')).toBe('***@host');
  expect(maskAddress('not a url')).toBe('not a url');
});

it('no foreign text steers a terminal; colours, lines and tabs stay', () => {
  expect(toPrintable('\u001b[31mred\u001b[0m\n\tx')).toBe('\u001b[31mred\u001b[0m\n\tx');
  expect(toPrintable('\u001b]52;c;eA==\u0007\u001b[2J\r\u009b1A\u202e')).toBe('?]52;c;eA==??[2J??1A?');
});

describe('secrets that a text names itself', () => {
  it.each([
    ['{"access_token": "eyJ.a.b", "name":"x"}', '{"access_token": "***", "name":"x"}'],
    ["{'client-secret':'s3'}", "{'client-secret':'***'}"],
    ['Authorization: Bearer abc.def', 'Authorization: ***'],
    ['https://a.example/cb?session_id=77&page=2', 'https://a.example/cb?session_id=***&page=2'],
    ['Set-Cookie: sid=1; Path=/', 'Set-Cookie: ***; Path=/'],
    ['{"password":"a\\"b"}', '{"password":"***"}'],
    ['{"token":"cut in the middl', '{"token":"***"'],
    ['the passwords differ', 'the passwords differ'],
    ['{"author":"Ann","key":"blue"}', '{"author":"Ann","key":"blue"}'],
  ])('%s', (text, masked) => expect(maskNamedSecrets(text)).toBe(masked));
});

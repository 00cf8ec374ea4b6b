import { describe, expect, it } from 'vitest';
import { readDuo } from './duo.ts';
import { readEntra } from './entra.ts';
import { readPrivacyIdea } from './privacyidea.ts';

const HEX = '3132333435363738393031323334353637383930';
const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('an export of Duo’s users', () => {
  it('holds phones, tokens, and what can’t come over', () => {
    const file = [
      'username,realname,alias1,email,status,phone1,platform1,phone2,platform2,group1,notes,token1,type1,token2,type2',
      'jason,Jason Liu,jl,jason@example.com,active,+852 9123 4567,iphone,+85221234567,landline,Staff,,101222,h6,,',
      'jack,"Cruz, Jack",,jack@example.com,bypass,,smartphone,,,Staff,"two\nlines",101223,t6,ccccccbhknvg,yk',
      'sally,Sally,,,disabled,+85291234568,android,,,,,101224,h6,,',
      '',
    ].join('\r\n');
    const [jason, jack, sally] = [...readDuo(file)];
    expect(jason).toMatchObject({
      ...{ line: 2, login: 'jason' },
      things: [
        { kind: 'phone', number: '+852 9123 4567' },
        { kind: 'token', serial: '101222' },
      ],
      left: [{ what: 'keys of Duo Mobile' }, { what: 'phones', why: 'a land line gets no text messages' }],
    });
    expect(jack).toMatchObject({
      ...{ line: 3, things: [{ kind: 'token', serial: '101223' }] },
      left: [{ what: 'tokens', why: 'type yk isn’t OATH' }, { what: 'people on bypass' }],
    });
    expect(sally).toMatchObject({ line: 5, things: [], left: [{}, { what: 'people', why: 'disabled at Duo' }] });
  });

  it('is told apart from what is none, by its line', () => {
    expect([...readDuo('name,phone1\na,1\n')]).toEqual([{ line: 1, fault: 'the column username is missing' }]);
    expect([...readDuo('')]).toEqual([{ line: 1, fault: 'the file is empty' }]);
    expect([...readDuo('username,phone1\na\n,1\nb,"2\n')]).toEqual([
      { line: 2, fault: '1 fields where the header has 2' },
      { line: 3, fault: 'no user name' },
      { line: 4, fault: 'a quotation mark is out of place or never closed' },
    ]);
  });
});

describe('an export of Entra’s', () => {
  it('holds phones and serial numbers, and no secret whatever stands there', () => {
    const file = [
      'id,userPrincipalName,mobilePhone,serialNumber,secretKey,methodsRegistered',
      '11111111-2222-3333-4444-555555555555,chan@example.edu,+852 91234567,GALT11420104,,"mobilePhone, softwareOneTimePasscode, windowsHelloForBusiness"',
    ].join('\n');
    expect([...readEntra(file)]).toEqual([
      {
        ...{ line: 2, login: 'chan@example.edu' },
        things: [
          { kind: 'phone', number: '+852 91234567' },
          { kind: 'object', id: '11111111-2222-3333-4444-555555555555' },
          { kind: 'token', serial: 'GALT11420104' },
        ],
        left: [
          { what: 'passkeys', why: expect.stringContaining('Microsoft’s host') },
          { what: 'authenticator apps', why: expect.stringContaining('never gives their secrets') },
        ],
      },
    ]);
    const tokens =
      'upn,serial number,secret key,time interval,manufacturer,model\na@example.edu,1234567,,30,Acme,C200\n';
    expect([...readEntra(tokens)]).toMatchObject([{ login: 'a@example.edu', things: [{ serial: '1234567' }] }]);
  });
});

describe('an export of privacyIDEA’s', () => {
  const secret = { type: 'counter', secret: BASE32, algorithm: 'SHA1', digits: 6, period: 30, next: 7 };

  it('holds secrets in YAML, by token', () => {
    const file = `- active: true
  count: 7
  info_list:
    hashlib: sha1
  otpkey: '${HEX}'
  otplen: 6
  owner: chan@campus
  serial: OATH0001
  type: hotp
- info_list: {hashlib: sha256, timeStep: '60'}
  otpkey: ${BASE32}
  otplen: 8
  owner: lee@dept.example@campus
  serial: TOTP0001
  type: totp
- owner: n/a
  serial: TOTP0002
  type: totp
  otpkey: '${HEX}'
- owner: chan@campus
  serial: WAN0001
  type: webauthn
`;
    expect([...readPrivacyIdea(file)]).toEqual([
      { line: 1, login: 'chan', realm: 'campus', things: [{ kind: 'token', serial: 'OATH0001', secret }], left: [] },
      {
        ...{ line: 10, login: 'lee@dept.example', realm: 'campus', left: [] },
        things: [
          {
            ...{ kind: 'token', serial: 'TOTP0001' },
            secret: { ...secret, type: 'clock', algorithm: 'SHA256', digits: 8, period: 60, next: 0 },
          },
        ],
      },
      { line: 16, login: '', things: [], left: [{ what: 'tokens', why: 'nobody’s at privacyIDEA' }] },
      {
        line: 20,
        login: 'chan',
        realm: 'campus',
        things: [],
        left: [{ what: 'passkeys', why: expect.stringContaining('host') }],
      },
    ]);
  });

  it('holds secrets in lines, or who holds what of a PSKC file', () => {
    expect([...readPrivacyIdea(`chan@campus, OATH0001, ${HEX}, hotp, 6\n`)]).toEqual([
      {
        ...{ line: 1, login: 'chan', realm: 'campus' },
        things: [{ kind: 'token', serial: 'OATH0001', secret: { ...secret, next: 0 } }],
        left: [],
      },
    ]);
    expect([...readPrivacyIdea('OATH0001, hotp, chan\n')]).toEqual([
      { line: 1, login: 'chan', realm: '', things: [{ kind: 'token', serial: 'OATH0001' }], left: [] },
    ]);
  });

  it('is never shown where it can’t be read', () => {
    const bad = [
      `- owner: a@b\n  serial: S1\n  type: totp\n  otpkey: "${HEX}\n`,
      `- owner: a@b\n  serial: S1\n  type: totp\n  otpkey: zz${HEX}\n`,
      `a@b, S1, zz${HEX}, totp, 6\n`,
      `a@b, S1, ${HEX}, totp, 6, 30, and, more\n`,
    ];
    for (const file of bad) {
      const read = [...readPrivacyIdea(file)];
      expect(read).toEqual([{ line: 1, fault: expect.stringMatching(/./) }]);
      expect(JSON.stringify(read)).not.toContain(HEX.slice(0, 8));
    }
  });
});

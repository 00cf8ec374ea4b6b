/** What is kept of a person besides, as options of a command; light, for the command line loads it whatever is asked. */
export const PROFILE_OPTIONS = [
  { flags: '--given-name <name>', description: 'given name' },
  { flags: '--family-name <name>', description: 'family name' },
  { flags: '--email-verified', description: 'the mail address is known to be theirs' },
  { flags: '--phone <number>', description: 'phone number with its country: +886 2 1234 5678' },
  { flags: '--phone-verified', description: 'the phone number is known to be theirs' },
  { flags: '--address <text>', description: 'postal address, all of it' },
  { flags: '--street-address <text>', description: 'street and number' },
  { flags: '--locality <name>', description: 'town' },
  { flags: '--region <name>', description: 'state or province' },
  { flags: '--postal-code <code>', description: 'postal code' },
  { flags: '--country <name>', description: 'country' },
  { flags: '--locale <tag>', description: 'language: en, zh-Hant' },
];

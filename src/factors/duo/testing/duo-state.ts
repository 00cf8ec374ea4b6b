/** How the double of Duo knows somebody. */
export interface DuoPerson {
  /** `bypass` is let pass unasked, `disabled` by nobody. */
  status: 'active' | 'bypass' | 'disabled';
  /** Whether they have the app, and what codes of theirs are good: each once. */
  push: boolean;
  passcodes: Set<string>;
  bypassCodes: Set<string>;
}

export interface Push {
  username: string;
  status: 'pushed' | 'allow' | 'deny' | 'fraud' | 'timeout';
  /** Told to who asked: the first look is answered at once. */
  looked: boolean;
  /** As it was asked for. */
  asked: Readonly<Record<string, string>>;
  /** That the phone has to type; plain ones are approved by a touch. */
  number?: string;
}

/** What the prompt will say of the next person, and what is wrong with it. */
export interface PromptAnswer {
  factor: string;
  reason: string;
  result: string;
  /** Over all claims of the ID token, last. */
  claims: Record<string, unknown>;
  /** Over `auth_context`. */
  context: Record<string, unknown>;
  algorithm: 'HS512' | 'HS384' | 'HS256' | 'none';
  /** Signs in the place of the client secret. */
  secret?: string;
  /** In the place of the state that was sent. */
  state?: string;
  error?: string;
}

export const APPROVED: PromptAnswer = {
  factor: 'duo_push',
  reason: 'user_approved',
  result: 'allow',
  claims: {},
  context: {},
  algorithm: 'HS512',
};

/** What tests change, and what was asked of it. */
export interface DuoState {
  clientId: string;
  clientSecret: string;
  integrationKey: string;
  secretKey: string;
  people: Map<string, DuoPerson>;
  pushes: Map<string, Push>;
  /** Whether Duo wants numbers typed, as its policy "verified push" says. */
  verified: boolean;
  /** `away`: no connection is answered; `ill`: the health check fails; `busy`: 429 to everything. */
  health: 'well' | 'away' | 'ill' | 'busy';
  answer: PromptAnswer;
  /** Answers every call to the Auth API, or those to one path: the code and message of Duo's documentation. */
  fails?: { code: number; message: string; at?: string } | undefined;
  /** How long a look waits for news, milliseconds. */
  patience: number;
  /** Method and path of each call that was taken. */
  calls: string[];
  /** Parameters of the last of each path. */
  asked: Map<string, Readonly<Record<string, string>>>;
  now(): number;
}

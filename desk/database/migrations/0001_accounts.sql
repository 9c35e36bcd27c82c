-- Who may sign in, their sessions, their one-time links, and what limits guessing.
-- Reader: desk.accounts. Of what opens a door only a hash is stored; a password's is argon2id.

CREATE TABLE users (
    user_id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._@+-]{0,63}$'),
    roles text[] NOT NULL CHECK (
        roles <@ ARRAY['viewer', 'analyst', 'reviewer', 'rule_author', 'approver', 'admin']
    ),
    merchant_accounts text[],                  -- NULL: all of them
    rights_version integer NOT NULL DEFAULT 1, -- a session of an older one gets a new token
    password_hash text,                        -- NULL: no password was ever set
    issuer text,                               -- of an identity provider, with the subject it knows them by
    subject text,
    totp_secret text,
    totp_pending text,                         -- enrolled and not confirmed yet
    totp_last_step bigint,                     -- codes up to this step are used up
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL))
);

CREATE TABLE sessions (
    session_id uuid PRIMARY KEY,
    token_sha256 bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    user_id uuid NOT NULL REFERENCES users,
    rights_version integer NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, started_at);
CREATE INDEX sessions_by_end ON sessions (ends_at);

-- At most one open link a user: a new one takes the place of the one before.
CREATE TABLE one_time_links (
    user_id uuid PRIMARY KEY REFERENCES users,
    token_sha256 bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    forget_totp boolean NOT NULL,
    ends_at timestamptz NOT NULL
);

-- Attempts to sign in within one window, by name, by address, by both. What they count is hashed: a name may
-- be a password that somebody typed into the wrong field.
CREATE TABLE sign_in_attempts (
    counted_sha256 bytea PRIMARY KEY CHECK (length(counted_sha256) = 32),
    window_started_at timestamptz NOT NULL,
    attempts integer NOT NULL
);
CREATE INDEX sign_in_attempts_by_start ON sign_in_attempts (window_started_at);

-- Payments that wait for a person, what people concluded, and who is at it.
-- Grain of each table in its comment. Times are UTC; money is whole minor units.

-- One row a payment attempt that was decided as review. Found by the consumer, closed once.
CREATE TABLE reviews (
    review_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    engine           text NOT NULL,
    merchant_account text NOT NULL,
    payment_id       text NOT NULL,
    attempt          smallint NOT NULL,
    phase            text NOT NULL,
    merchant_id      text NOT NULL,
    card             text NOT NULL,             -- token of the payment instrument
    device           text,                      -- token of the payer's device
    tokens           jsonb NOT NULL,            -- models.messages.Tokens: an analyst's verdict carries them
    decision         jsonb NOT NULL,            -- models.messages.Decision, for people to read
    amount           bigint NOT NULL,
    currency         text NOT NULL,
    reference_amount bigint NOT NULL,           -- EUR cents
    probability      double precision,
    expected_loss    bigint NOT NULL,           -- EUR cents
    rank             bigint NOT NULL,           -- expected loss and age in one: the highest comes first
    eyes             smallint NOT NULL CHECK (eyes IN (1, 2)),  -- people who must agree
    occurred_at      timestamptz NOT NULL,      -- the payment was made
    arrived_at       timestamptz NOT NULL,      -- it was decided
    due_at           timestamptz NOT NULL,      -- a verdict is owed by then
    deadline_at      timestamptz NOT NULL,      -- the default is applied then
    state            text NOT NULL DEFAULT 'waiting'
                     CHECK (state IN ('waiting', 'second', 'judged', 'lapsed', 'withdrawn')),
    queue            text NOT NULL DEFAULT 'main' CHECK (queue IN ('main', 'escalation')),
    ready_at         timestamptz NOT NULL,      -- nobody may claim it before: somebody may still undo
    claimed_by       uuid,
    claimed_name     text,
    claim_until      timestamptz,
    conclusion       text CHECK (conclusion IN ('approve', 'decline')),
    closed_at        timestamptz,
    UNIQUE (engine, merchant_account, payment_id, attempt),
    CHECK ((claimed_by IS NULL) = (claim_until IS NULL) AND (claimed_by IS NULL) = (claimed_name IS NULL)),
    CHECK ((state IN ('judged', 'lapsed')) = (conclusion IS NOT NULL)),
    CHECK ((state IN ('waiting', 'second')) = (closed_at IS NULL)),
    CHECK (claimed_by IS NULL OR state IN ('waiting', 'second'))
);
CREATE UNIQUE INDEX reviews_one_claim_a_person ON reviews (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX reviews_open ON reviews (engine, queue, rank DESC, review_id) WHERE state IN ('waiting', 'second');
CREATE INDEX reviews_deadline ON reviews (deadline_at) WHERE state IN ('waiting', 'second');
CREATE INDEX reviews_of_card ON reviews (engine, card) WHERE state IN ('waiting', 'second');
CREATE INDEX reviews_of_device ON reviews (engine, device) WHERE state IN ('waiting', 'second');
CREATE INDEX reviews_closed ON reviews (engine, closed_at) WHERE closed_at IS NOT NULL;

-- One row each thing that a person did at once and may undo at once: a verdict, several, an escalation.
CREATE TABLE review_actions (
    action_id   uuid PRIMARY KEY,
    engine      text NOT NULL,
    person_id   uuid NOT NULL,
    person_name text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('verdict', 'linked', 'escalation')),
    done_at     timestamptz NOT NULL,
    undo_until  timestamptz NOT NULL,
    undone_at   timestamptz
);
CREATE INDEX review_actions_of_person ON review_actions (person_id, done_at DESC);

-- One row each review that an action changed: what it was before, for undo.
CREATE TABLE review_steps (
    action_id    uuid NOT NULL REFERENCES review_actions,
    review_id    bigint NOT NULL REFERENCES reviews,
    state_before text NOT NULL,
    queue_before text NOT NULL,
    state_after  text NOT NULL,
    PRIMARY KEY (action_id, review_id)
);
CREATE INDEX review_steps_of_review ON review_steps (review_id);

-- One row each conclusion of one person on one review.
CREATE TABLE review_verdicts (
    verdict_id  uuid PRIMARY KEY,
    review_id   bigint NOT NULL REFERENCES reviews,
    action_id   uuid NOT NULL REFERENCES review_actions,
    person_id   uuid NOT NULL,
    person_name text NOT NULL,
    conclusion  text NOT NULL CHECK (conclusion IN ('approve', 'decline')),
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    given_at    timestamptz NOT NULL,
    undone_at   timestamptz
);
CREATE UNIQUE INDEX review_verdicts_one_a_person ON review_verdicts (review_id, person_id) WHERE undone_at IS NULL;
CREATE INDEX review_verdicts_of_action ON review_verdicts (action_id);

-- One row a note; never changed.
CREATE TABLE review_notes (
    note_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    review_id   bigint NOT NULL REFERENCES reviews,
    person_id   uuid NOT NULL,
    person_name text NOT NULL,
    note        text NOT NULL CHECK (length(note) BETWEEN 1 AND 2000),
    written_at  timestamptz NOT NULL
);
CREATE INDEX review_notes_of_review ON review_notes (review_id, note_id);

-- One row each person who has, or lately had, a review on the screen.
CREATE TABLE review_viewers (
    review_id   bigint NOT NULL REFERENCES reviews,
    person_id   uuid NOT NULL,
    person_name text NOT NULL,
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (review_id, person_id)
);
CREATE INDEX review_viewers_seen ON review_viewers (seen_at);

-- One row a person: the run they are in, its order frozen when it began.
CREATE TABLE review_runs (
    person_id  uuid PRIMARY KEY,
    run_id     uuid NOT NULL UNIQUE,
    engine     text NOT NULL,
    queue      text NOT NULL CHECK (queue IN ('main', 'escalation')),
    review_ids bigint[] NOT NULL,
    began_at   timestamptz NOT NULL,
    active_at  timestamptz NOT NULL
);

-- One row an engine: the queue's load as it was told to the engine last.
CREATE TABLE review_load_told (
    engine            text PRIMARY KEY,
    waiting           bigint NOT NULL,
    capacity_per_hour bigint NOT NULL,
    told_at           timestamptz NOT NULL
);

-- Whether a person may claim a review now: the one statement of what "free" means.
CREATE FUNCTION review_is_free(one reviews, person uuid, takes_large boolean, at_time timestamptz)
RETURNS boolean LANGUAGE sql STABLE
RETURN one.state IN ('waiting', 'second')
    AND one.ready_at <= at_time
    AND one.deadline_at > at_time
    AND (one.claimed_by IS NULL OR one.claimed_by = person OR one.claim_until <= at_time)
    AND (takes_large OR (one.state = 'waiting' AND one.queue = 'main'))
    AND NOT EXISTS (
        SELECT FROM review_verdicts AS given
        WHERE given.review_id = one.review_id AND given.person_id = person AND given.undone_at IS NULL
    );

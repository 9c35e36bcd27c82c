-- What people keep for themselves or share: selections of lists, and statements of the page Explore.
-- A person's slots bound how many there are; the constraint makes that true for any number of writers.

CREATE TABLE named_views (
    view_id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    slot smallint NOT NULL CHECK (slot BETWEEN 1 AND 100),
    page text NOT NULL CHECK (page ~ '^[a-z_]{1,40}$'),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    selection jsonb NOT NULL CHECK (octet_length(selection::text) <= 32768),
    is_shared boolean NOT NULL DEFAULT false,
    needs_accounts text[] CHECK (cardinality(needs_accounts) BETWEEN 1 AND 10000),
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL,
    CONSTRAINT named_views_slot UNIQUE (owner_id, slot),
    CONSTRAINT named_views_name UNIQUE (owner_id, page, name)
);
COMMENT ON COLUMN named_views.needs_accounts IS
    'merchant accounts that a person must see to be shown this shared view; null: it is for everybody';
CREATE INDEX named_views_shared ON named_views (page) WHERE is_shared;

CREATE TABLE default_views (
    user_id uuid NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    page text NOT NULL,
    view_id uuid NOT NULL REFERENCES named_views (view_id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, page)
);
CREATE INDEX default_views_view ON default_views (view_id);

CREATE TABLE saved_queries (
    query_id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    slot smallint NOT NULL CHECK (slot BETWEEN 1 AND 200),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    statement text NOT NULL CHECK (octet_length(statement) BETWEEN 1 AND 65536),
    chart jsonb NOT NULL CHECK (octet_length(chart::text) <= 4096),
    is_shared boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL,
    CONSTRAINT saved_queries_slot UNIQUE (owner_id, slot),
    CONSTRAINT saved_queries_name UNIQUE (owner_id, name)
);
CREATE INDEX saved_queries_shared ON saved_queries (name) WHERE is_shared;

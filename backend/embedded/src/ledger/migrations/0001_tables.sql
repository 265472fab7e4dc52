-- The tables of the first release. docs/spec/data-directory.md describes each column.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL, checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE tenants (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, checksum BLOB NOT NULL
) STRICT;
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, tenant INTEGER, name TEXT NOT NULL,
    permissions TEXT NOT NULL, secret_hash BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER,
    revoked_at INTEGER, allowed_networks TEXT NOT NULL, checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE control_sums (
    name TEXT NOT NULL PRIMARY KEY, rows INTEGER NOT NULL, checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE commits (
    number INTEGER PRIMARY KEY, payload BLOB NOT NULL, leaf_hashes BLOB NOT NULL, logs BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE logs (
    tenant INTEGER PRIMARY KEY, tree BLOB NOT NULL, checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE tree_hashes (
    tenant INTEGER NOT NULL, level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (tenant, level, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE segments (
    number INTEGER PRIMARY KEY, day INTEGER NOT NULL, rows INTEGER NOT NULL,
    data_bytes INTEGER NOT NULL, data_checksums BLOB NOT NULL,
    index_bytes INTEGER NOT NULL, index_checksums BLOB NOT NULL,
    hours BLOB NOT NULL, checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE segment_tenants (
    segment INTEGER NOT NULL, tenant INTEGER NOT NULL, row_start INTEGER NOT NULL, rows INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL, occurred_at_min INTEGER NOT NULL, occurred_at_max INTEGER NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (segment, tenant)
) STRICT, WITHOUT ROWID;
CREATE TABLE saved_searches (
    tenant INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
    query TEXT NOT NULL, description TEXT, visibility TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, checksum BLOB NOT NULL, PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE exports (
    tenant INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, owner TEXT NOT NULL, query TEXT,
    format TEXT NOT NULL, compression TEXT NOT NULL, columns TEXT, visibility TEXT NOT NULL, log_size INTEGER NOT NULL,
    log_root BLOB NOT NULL, created_at INTEGER NOT NULL, status TEXT NOT NULL, ended_at INTEGER,
    failure_code TEXT, failure_detail TEXT, next_sequence INTEGER NOT NULL, events INTEGER NOT NULL,
    first_sequence INTEGER, last_sequence INTEGER, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL,
    checksum BLOB NOT NULL, PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

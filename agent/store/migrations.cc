#include "agent/store/migrations.h"

#include <array>
#include <string>

namespace agent {
namespace {

constexpr std::int64_t application_id = 0x61636d65;  // "acme"; tells our files from others

// Times are milliseconds since 1970, UTC. Enumerations are their numbers (model/). Names of a
// certificate or an order are separated by blanks; which hostnames use it is in `hostnames`.
// Numbers are given once (AUTOINCREMENT): sealed data is bound to the row it is in.

constexpr const char* migration_1 = R"sql(
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE accounts (
  authority     TEXT NOT NULL,
  directory_url TEXT NOT NULL,
  url           TEXT,
  sealed_key    BLOB NOT NULL,
  thumbprint    TEXT NOT NULL,
  created       INTEGER NOT NULL,
  PRIMARY KEY (authority, directory_url)
) WITHOUT ROWID;

CREATE TABLE certificates (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  authority   TEXT NOT NULL,
  names       TEXT NOT NULL,
  serial      TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  not_before  INTEGER NOT NULL,
  not_after   INTEGER NOT NULL,
  renew_at    INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  bundle_path TEXT NOT NULL UNIQUE
);
CREATE INDEX certificates_retired ON certificates (id) WHERE state = 2;

-- Apart from `certificates`, so that listing 100,000 of them does not read their PEM.
CREATE TABLE bundles (
  certificate_id INTEGER PRIMARY KEY REFERENCES certificates (id) ON DELETE CASCADE,
  chain_pem      TEXT NOT NULL,
  sealed_key     BLOB NOT NULL
);

CREATE TABLE orders (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  authority       TEXT NOT NULL,
  names           TEXT NOT NULL,
  created         INTEGER NOT NULL,
  failures        INTEGER NOT NULL,
  stage           TEXT NOT NULL,
  sealed_document BLOB
);

CREATE TABLE challenges (
  order_id          INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  token             TEXT NOT NULL,
  name              TEXT NOT NULL,
  key_authorization TEXT NOT NULL,
  PRIMARY KEY (order_id, token, name)
) WITHOUT ROWID;

CREATE TABLE hostnames (
  name              TEXT PRIMARY KEY,
  mode              INTEGER NOT NULL,
  https_redirect    INTEGER NOT NULL,
  created           INTEGER NOT NULL,
  certificate_id    INTEGER REFERENCES certificates (id),
  order_id          INTEGER REFERENCES orders (id),
  served_until      INTEGER,
  next_attempt      INTEGER,
  urgency           INTEGER NOT NULL,
  failures          INTEGER NOT NULL,
  last_error        TEXT NOT NULL,
  parked            INTEGER NOT NULL,
  renewal_requested INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX hostnames_due ON hostnames (urgency, next_attempt) WHERE next_attempt IS NOT NULL;
CREATE INDEX hostnames_certificate ON hostnames (certificate_id) WHERE certificate_id IS NOT NULL;
CREATE INDEX hostnames_order ON hostnames (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX hostnames_state ON hostnames (mode, served_until);

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  kind     INTEGER NOT NULL,
  subject  TEXT NOT NULL,
  detail   TEXT NOT NULL
);
CREATE INDEX events_subject ON events (subject);

CREATE TABLE changes (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  kind     INTEGER NOT NULL,
  key      TEXT NOT NULL
);
)sql";

// RFC 9773. `cert_id` is what the authority calls the certificate; the window, the moment chosen in
// it and its explanation are there once it has given advice.
constexpr const char* migration_2 = R"sql(
ALTER TABLE certificates ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN cert_id TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN window_start INTEGER;
ALTER TABLE certificates ADD COLUMN window_end INTEGER;
ALTER TABLE certificates ADD COLUMN renewal_instant INTEGER;
ALTER TABLE certificates ADD COLUMN explanation_url TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN next_check INTEGER;
ALTER TABLE certificates ADD COLUMN failed_checks INTEGER NOT NULL DEFAULT 0;
CREATE INDEX certificates_next_check ON certificates (next_check)
  WHERE next_check IS NOT NULL AND state <> 2;

ALTER TABLE orders ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
)sql";

// Each authority is asked for renewal info by itself.
constexpr const char* migration_3 = R"sql(
DROP INDEX certificates_next_check;
CREATE INDEX certificates_next_check ON certificates (authority, next_check)
  WHERE next_check IS NOT NULL AND state <> 2;
)sql";

// Which authorities will not have a hostname. Not tied to the rows of `hostnames`, which are
// replaced whenever they change.
constexpr const char* migration_4 = R"sql(
CREATE TABLE refusals (
  name      TEXT NOT NULL,
  authority TEXT NOT NULL,
  until     INTEGER NOT NULL,
  PRIMARY KEY (name, authority)
) WITHOUT ROWID;
)sql";

// What is left of the authorities' limits (model/limits.h): times are microseconds. A row without
// `learned_count` means nothing any more once both times have passed; `idle_at` says when, in
// milliseconds. `exemption`: what an open order was not charged for.
constexpr const char* migration_5 = R"sql(
CREATE TABLE budgets (
  authority      TEXT NOT NULL,
  kind           INTEGER NOT NULL,
  subject        TEXT NOT NULL,
  full_at        INTEGER NOT NULL,
  queue_end      INTEGER NOT NULL,
  learned_count  INTEGER,
  learned_period INTEGER,
  idle_at        INTEGER,
  PRIMARY KEY (authority, kind, subject)
) WITHOUT ROWID;
CREATE INDEX budgets_idle ON budgets (idle_at) WHERE idle_at IS NOT NULL;

ALTER TABLE orders ADD COLUMN exemption INTEGER NOT NULL DEFAULT 0;
)sql";

// Operations on accounts: the key that an account is to get, and what the authority has said of it.
// Revocations have what they need of their certificates, which may be gone before they are done.
constexpr const char* migration_6 = R"sql(
ALTER TABLE accounts ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN next_sealed_key BLOB;
ALTER TABLE accounts ADD COLUMN next_thumbprint TEXT NOT NULL DEFAULT '';

CREATE TABLE revocations (
  certificate_id     INTEGER PRIMARY KEY,
  authority          TEXT NOT NULL,
  account            TEXT NOT NULL,
  names              TEXT NOT NULL,
  serial             TEXT NOT NULL,
  not_after          INTEGER NOT NULL,
  reason             INTEGER NOT NULL,
  state              INTEGER NOT NULL,
  requested          INTEGER NOT NULL,
  awaits_replacement INTEGER NOT NULL,
  next_attempt       INTEGER,
  failures           INTEGER NOT NULL DEFAULT 0,
  last_error         TEXT NOT NULL DEFAULT '',
  revoked_at         INTEGER,
  chain_pem          TEXT NOT NULL,
  sealed_key         BLOB
);
CREATE INDEX revocations_due ON revocations (authority, next_attempt) WHERE state = 0;
)sql";

// Two key types. `second_certificates` has a row for each hostname that is to have a second
// certificate; its columns are those of `hostnames`. An authority that will not have one of them
// may still have the other, hence the role in `refusals`. `key_algorithm` 0: not known.
constexpr const char* migration_7 = R"sql(
ALTER TABLE certificates ADD COLUMN key_algorithm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE certificates ADD COLUMN key_compromised INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN role INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN key_algorithm INTEGER NOT NULL DEFAULT 0;

CREATE TABLE second_certificates (
  name              TEXT PRIMARY KEY,
  certificate_id    INTEGER REFERENCES certificates (id),
  order_id          INTEGER REFERENCES orders (id),
  next_attempt      INTEGER,
  urgency           INTEGER NOT NULL,
  failures          INTEGER NOT NULL,
  last_error        TEXT NOT NULL,
  parked            INTEGER NOT NULL,
  renewal_requested INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX second_certificates_due ON second_certificates (urgency, next_attempt)
  WHERE next_attempt IS NOT NULL;
CREATE INDEX second_certificates_certificate ON second_certificates (certificate_id)
  WHERE certificate_id IS NOT NULL;
CREATE INDEX second_certificates_order ON second_certificates (order_id)
  WHERE order_id IS NOT NULL;
CREATE INDEX second_certificates_failing ON second_certificates (name) WHERE failures > 0;

ALTER TABLE refusals RENAME TO refusals_of_first;
CREATE TABLE refusals (
  name      TEXT NOT NULL,
  authority TEXT NOT NULL,
  role      INTEGER NOT NULL,
  until     INTEGER NOT NULL,
  PRIMARY KEY (name, authority, role)
) WITHOUT ROWID;
INSERT INTO refusals (name, authority, role, until)
  SELECT name, authority, 0, until FROM refusals_of_first;
DROP TABLE refusals_of_first;
)sql";

// `failing_since`: of the failures in a row the first one (OrderRecord::failing_since).
// In what order renewals get their turn (Store::due_hostnames()). `near_expiry_at` is when a
// twelfth of the certificate's lifetime is left; `near_expiry` says that it has come.
constexpr const char* migration_8 = R"sql(
ALTER TABLE hostnames ADD COLUMN traffic INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hostnames ADD COLUMN near_expiry INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hostnames ADD COLUMN near_expiry_at INTEGER;
ALTER TABLE hostnames ADD COLUMN failing_since INTEGER;
ALTER TABLE orders ADD COLUMN failing_since INTEGER;
UPDATE hostnames SET near_expiry_at =
  (SELECT not_after - (not_after - not_before) / 12 FROM certificates WHERE id = certificate_id);
CREATE INDEX hostnames_renewals ON hostnames (urgency, near_expiry, traffic, next_attempt)
  WHERE next_attempt IS NOT NULL;
CREATE INDEX hostnames_near_expiry ON hostnames (near_expiry_at)
  WHERE near_expiry = 0 AND near_expiry_at IS NOT NULL;
)sql";

// Tenants and what they own. `zone` is the longest one that has the hostname, `covered_by` the
// wildcard hostname whose certificate it uses. 0 and NULL differ: never, and as the one above.
constexpr const char* migration_9 = R"sql(
CREATE TABLE tenants (
  id             TEXT PRIMARY KEY,
  title          TEXT NOT NULL,
  wildcard_after INTEGER,
  created        INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE zones (
  name           TEXT PRIMARY KEY,
  tenant         TEXT NOT NULL REFERENCES tenants (id),
  dns            INTEGER NOT NULL,
  wildcard_after INTEGER,
  created        INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX zones_tenant ON zones (tenant, name);

CREATE TABLE tokens (
  name    TEXT PRIMARY KEY,
  scope   INTEGER NOT NULL,
  tenant  TEXT REFERENCES tenants (id) ON DELETE CASCADE,
  hash    BLOB NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER
) WITHOUT ROWID;

ALTER TABLE events ADD COLUMN actor TEXT NOT NULL DEFAULT '';

-- A certificate is retired once all that take its place are served.
CREATE TABLE successions (
  successor   INTEGER NOT NULL,
  predecessor INTEGER NOT NULL,
  PRIMARY KEY (successor, predecessor)
) WITHOUT ROWID;
CREATE INDEX successions_predecessor ON successions (predecessor);

ALTER TABLE hostnames ADD COLUMN zone TEXT;
ALTER TABLE hostnames ADD COLUMN covered_by TEXT;
DROP INDEX hostnames_state;
CREATE INDEX hostnames_state ON hostnames (mode = 1, served_until);
CREATE INDEX hostnames_zone ON hostnames (zone, name) WHERE zone IS NOT NULL;
CREATE INDEX hostnames_covered ON hostnames (covered_by) WHERE covered_by IS NOT NULL;
)sql";

// Custom certificates: a row for each hostname that has one installed, and the keys that wait for
// one. `next_warning` NULL: the end has been told.
constexpr const char* migration_10 = R"sql(
CREATE TABLE custom_certificates (
  name         TEXT PRIMARY KEY,
  not_after    INTEGER NOT NULL,
  next_warning INTEGER,
  return_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX custom_certificates_end ON custom_certificates (not_after);
CREATE INDEX custom_certificates_warning ON custom_certificates (next_warning)
  WHERE next_warning IS NOT NULL;
CREATE INDEX custom_certificates_return ON custom_certificates (return_at)
  WHERE return_at IS NOT NULL;

CREATE TABLE certificate_requests (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE,
  csr_pem    TEXT NOT NULL,
  sealed_key BLOB NOT NULL,
  created    INTEGER NOT NULL
);
)sql";

// Hostnames that lead to us no longer (model/usage.h). Their `next_look` means something while they
// have a certificate of their own; 0: they were not looked at yet.
constexpr const char* migration_11 = R"sql(
ALTER TABLE hostnames ADD COLUMN next_look INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hostnames ADD COLUMN absent_since INTEGER;
ALTER TABLE hostnames ADD COLUMN absence TEXT NOT NULL DEFAULT '';
ALTER TABLE hostnames ADD COLUMN unused_since INTEGER;
CREATE INDEX hostnames_next_look ON hostnames (next_look)
  WHERE certificate_id IS NOT NULL AND covered_by IS NULL AND name > '+';
CREATE INDEX hostnames_unused ON hostnames (name) WHERE unused_since IS NOT NULL;
)sql";

// Hostnames whose challenge path is left alone (ChallengePath), and those of a zone that wait for a
// certificate of their own.
constexpr const char* migration_12 = R"sql(
ALTER TABLE hostnames ADD COLUMN challenge_path INTEGER NOT NULL DEFAULT 0;
CREATE INDEX hostnames_waiting ON hostnames (zone)
  WHERE zone IS NOT NULL AND certificate_id IS NULL AND covered_by IS NULL AND mode = 0;
)sql";

// Only ever appended to: a database out there may be at any of them.
constexpr std::array migrations = {migration_1,
                                   migration_2,
                                   migration_3,
                                   migration_4,
                                   migration_5,
                                   migration_6,
                                   migration_7,
                                   migration_8,
                                   migration_9,
                                   migration_10,
                                   migration_11,
                                   migration_12};

std::int64_t read_number(sqlite::Connection& database, const char* sql) {
  sqlite::Query query(database, sql);
  return query.next() ? query.integer(0) : 0;
}

/// REQUIRES: within a write transaction, so that two processes do not both migrate.
std::optional<StoreError> apply_next(sqlite::Connection& database, std::size_t& applied) {
  const std::int64_t owner = read_number(database, "PRAGMA application_id");
  const std::int64_t version = read_number(database, "PRAGMA user_version");
  const std::int64_t tables = read_number(database, "SELECT count(*) FROM sqlite_schema");
  if (owner != application_id && (owner != 0 || version != 0 || tables != 0)) {
    return StoreError{StoreErrc::corrupt,
                      "database " + database.path() + ": belongs to another program"};
  }
  if (version > newest_schema()) {
    return StoreError{StoreErrc::newer_schema,
                      "database " + database.path() + ": has schema " + std::to_string(version) +
                          ", this release knows " + std::to_string(newest_schema()) +
                          "; use the newer release or restore a backup made before the upgrade"};
  }
  applied = static_cast<std::size_t>(version);
  if (applied == migrations.size()) return std::nullopt;
  database.execute(migrations[applied]);
  ++applied;
  const std::string mark = "PRAGMA application_id = " + std::to_string(application_id) +
                           "; PRAGMA user_version = " + std::to_string(applied);
  database.execute(mark.c_str());
  return std::nullopt;
}

}  // namespace

int newest_schema() {
  return static_cast<int>(migrations.size());
}

StoreResult<void> migrate(sqlite::Connection& database) {
  return migrate(database, newest_schema());
}

StoreResult<void> migrate(sqlite::Connection& database, int schema) {
  std::size_t applied = 0;
  do {
    sqlite::Transaction transaction(database, sqlite::Transaction::Kind::write);
    if (std::optional<StoreError> error = apply_next(database, applied)) {
      return transaction.give_up(*std::move(error));
    }
    if (StoreResult<void> done = transaction.finish(); !done) return done;
  } while (applied < static_cast<std::size_t>(schema));
  return {};
}

}  // namespace agent

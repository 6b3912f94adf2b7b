#pragma once

#include "agent/store/sqlite.h"

namespace agent {

/// The schema this release works with: the number of the last migration.
int newest_schema();

/// Brings the database to newest_schema(), each migration in a transaction of its own. Errors:
/// newer_schema, corrupt if the file is another program's, and those of SQLite.
StoreResult<void> migrate(sqlite::Connection& database);
/// The same, no further than `schema`: what an older release has left.
StoreResult<void> migrate(sqlite::Connection& database, int schema);

}  // namespace agent

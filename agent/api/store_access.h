#pragma once

#include <type_traits>
#include <utility>

#include "agent/store_asio/database.h"
#include "base/asio.h"

namespace agent {

/// The way to a database that may not be open yet. Control thread only.
class StoreAccess {
 public:
  StoreAccess() = default;
  /// Open already. REQUIRES: it outlives us.
  // Implicit on purpose: a Database is an access to itself.
  StoreAccess(Database& database)  // NOLINT(google-explicit-constructor)
      : database_(&database) {}

  /// As Database::run(), whose requirements hold; `busy` while it is not open.
  /// REQUIRES: f returns a StoreResult.
  template <class F>
  base::asio::awaitable<std::invoke_result_t<F&, Store&>> run(F f) {
    if (database_ == nullptr) {
      co_return base::Unexpected(StoreError{StoreErrc::busy, "the database is not open yet"});
    }
    co_return co_await database_->run(std::move(f));
  }

 private:
  Database* database_ = nullptr;
};

}  // namespace agent

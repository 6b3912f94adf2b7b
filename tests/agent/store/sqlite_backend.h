#pragma once

#include <memory>

#include "agent/store/sealer.h"
#include "agent/store/sqlite_store.h"
#include "tests/agent/store/store_conformance.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/fake_random.h"

namespace agent {

/// A SqliteStore in a folder of its own.
class SqliteBackend final : public StoreBackend {
 public:
  SqliteBackend() { reopen(); }
  SqliteStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    store_ = SqliteStore::open(sqlite::Connection::open(path()).value(), *sealer_).value();
  }
  std::string path() const { return folder_ / "store.db"; }
  const Sealer& sealer() const { return *sealer_; }

 private:
  TemporaryFolder folder_;
  fakes::FakeRandom random_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace agent

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/answer.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"

namespace agent {

/// A challenge record that has still to be taken back.
struct RecordDebt {
  acme::TxtAnswer answer;
  base::WallTime since{};  ///< the first attempt that failed
};

/// One line each; what is damaged is left out.
std::string encode_record_debts(const std::vector<RecordDebt>& debts);
std::vector<RecordDebt> parse_record_debts(std::string_view text);

/// The challenge records that could not be taken back, in the store, so that a restart does not
/// forget them. Control thread only; the references outlive it.
class RecordDebts {
 public:
  static constexpr std::size_t most = 1'000;
  /// After this a person has to do it.
  static constexpr std::chrono::hours longest{24 * 7};

  RecordDebts(Database& database, const base::Clock& clock, base::Log& log)
      : database_(database), clock_(clock), log_(log) {}

  /// Reads what an earlier run has left, and returns it; to be called once.
  base::asio::awaitable<std::vector<acme::TxtAnswer>> load();
  /// Beyond `most` it is remembered until the end of this run only.
  base::asio::awaitable<void> add(acme::TxtAnswer answer);
  /// It is taken back, or wanted again, or given up.
  base::asio::awaitable<void> settle(acme::TxtAnswer answer);
  /// The debt, as long as it is one.
  const RecordDebt* find(const acme::TxtAnswer& answer) const;
  bool is_too_old(const RecordDebt& debt) const { return clock_.wall() - debt.since >= longest; }

 private:
  base::asio::awaitable<void> save();

  Database& database_;
  const base::Clock& clock_;
  base::Log& log_;
  std::vector<RecordDebt> debts_;
};

}  // namespace agent

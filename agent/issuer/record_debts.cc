#include "agent/issuer/record_debts.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace agent {
namespace {

constexpr std::string_view meta_key = "challenge records to remove";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// `SINCE IDENTIFIER NAME VALUE TOKEN KEY-AUTHORIZATION`, none of which has a blank in it.
std::optional<RecordDebt> parse_debt(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ' ');
  if (fields.size() != 6) return std::nullopt;
  std::int64_t since = 0;
  const char* const end = fields[0].data() + fields[0].size();
  if (std::from_chars(fields[0].data(), end, since).ptr != end) return std::nullopt;
  auto identifier = base::DomainName::parse(fields[1]);
  auto token = acme::Token::parse(fields[4]);
  if (!identifier || !token) return std::nullopt;
  return RecordDebt{{acme::Identifier(*std::move(identifier)),
                     std::string(fields[2]),
                     std::string(fields[3]),
                     *std::move(token),
                     acme::KeyAuthorization(std::string(fields[5]))},
                    base::WallTime(std::chrono::milliseconds(since))};
}

}  // namespace

std::string encode_record_debts(const std::vector<RecordDebt>& debts) {
  std::string text;
  for (const RecordDebt& debt : debts) {
    const acme::TxtAnswer& answer = debt.answer;
    text += std::to_string(debt.since.time_since_epoch().count()) + ' ' +
            answer.identifier.name().text() + ' ' + answer.name + ' ' + answer.value + ' ' +
            answer.token.text() + ' ' + answer.key_authorization.value() + '\n';
  }
  return text;
}

std::vector<RecordDebt> parse_record_debts(std::string_view text) {
  std::vector<RecordDebt> debts;
  for (const std::string_view line : split(text, '\n')) {
    if (debts.size() == RecordDebts::most) break;
    if (auto debt = parse_debt(line)) debts.push_back(*std::move(debt));
  }
  return debts;
}

base::asio::awaitable<std::vector<acme::TxtAnswer>> RecordDebts::load() {
  auto read = [](Store& store) { return store.meta(meta_key); };
  const auto stored = co_await database_.run(std::move(read));
  if (!stored) {
    log_.warn("challenge records left behind are not known", {{"error", stored.error().detail}});
  }
  std::vector<acme::TxtAnswer> answers;
  if (!stored || !*stored) co_return answers;
  for (RecordDebt& debt : parse_record_debts(**stored)) {
    if (find(debt.answer) != nullptr) continue;
    answers.push_back(debt.answer);
    debts_.push_back(std::move(debt));
  }
  co_return answers;
}

base::asio::awaitable<void> RecordDebts::add(acme::TxtAnswer answer) {
  if (find(answer) != nullptr) co_return;
  debts_.push_back({std::move(answer), clock_.wall()});
  co_await save();
}

base::asio::awaitable<void> RecordDebts::settle(acme::TxtAnswer answer) {
  const auto removed =
      std::erase_if(debts_, [&answer](const RecordDebt& debt) { return debt.answer == answer; });
  if (removed > 0) co_await save();
}

const RecordDebt* RecordDebts::find(const acme::TxtAnswer& answer) const {
  const auto found = std::find_if(debts_.begin(), debts_.end(), [&answer](const RecordDebt& debt) {
    return debt.answer == answer;
  });
  return found == debts_.end() ? nullptr : &*found;
}

/// Each call has all of it, so that it does not matter which one is the last that works.
base::asio::awaitable<void> RecordDebts::save() {
  const std::size_t kept = std::min(debts_.size(), most);
  const auto end = debts_.begin() + static_cast<std::ptrdiff_t>(kept);
  auto write = [text = encode_record_debts({debts_.begin(), end})](Store& store) {
    return store.put_meta(meta_key, text);
  };
  const StoreResult<void> saved = co_await database_.run(std::move(write));
  if (!saved) {
    log_.warn("challenge records left behind are not stored", {{"error", saved.error().detail}});
  }
}

}  // namespace agent

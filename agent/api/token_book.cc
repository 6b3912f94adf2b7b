#include "agent/api/token_book.h"

#include <array>
#include <span>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/encoding.h"

namespace agent {
namespace {

constexpr std::string_view prefix = "acme_spoa_";
constexpr std::string_view scheme = "Bearer ";

Problem unauthenticated() {
  return {ProblemType::unauthenticated,
          "send the header `Authorization: Bearer TOKEN` with a token that is neither removed nor "
          "expired; `acme-spoa token add` makes one"};
}

}  // namespace

std::string new_token_text(base::Random& random) {
  std::array<std::byte, 32> secret{};
  random.fill(secret);
  return std::string(prefix) + base::encode_base64url(secret);
}

std::string hash_of_token(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  const std::string bytes(text);
  ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return {hash.begin(), hash.end()};
}

BudgetTime TokenBook::now() const {
  return clock_.wall();
}

base::asio::awaitable<std::optional<Problem>> TokenBook::load() {
  const std::uint64_t version = wanted_version_;
  auto call = [](Store& store) { return store.tokens(); };
  auto tokens = co_await store_.run(std::move(call));
  if (!tokens) co_return to_problem(tokens.error());
  std::map<std::string, Entry> entries;
  for (ApiToken& token : *tokens) {
    const auto known = entries_.find(token.name);
    const BudgetTime requests = known == entries_.end() ? BudgetTime{} : known->second.requests;
    const std::string name = token.name;
    entries.emplace(name, Entry{std::move(token), requests});
  }
  entries_ = std::move(entries);
  version_ = version;
  co_return std::nullopt;
}

/// Looks at every token, whichever it is: how long it takes says nothing of them.
TokenBook::Entry* TokenBook::find(std::string_view text) {
  const std::string hash = hash_of_token(text);
  Entry* found = nullptr;
  for (auto& [name, entry] : entries_) {
    const bool is_same = entry.token.hash.size() == hash.size() &&
                         CRYPTO_memcmp(entry.token.hash.data(), hash.data(), hash.size()) == 0;
    if (is_same) found = &entry;
  }
  return found;
}

base::asio::awaitable<base::Result<Actor, Problem>> TokenBook::authenticate(
    std::string_view authorization) {
  if (version_ != wanted_version_) {
    const std::optional<Problem> problem = co_await load();
    if (problem) co_return base::Unexpected(*problem);
  }
  Entry* entry = nullptr;
  if (authorization.starts_with(scheme)) entry = find(authorization.substr(scheme.size()));
  const bool has_expired =
      entry != nullptr && entry->token.expires && *entry->token.expires <= clock_.wall();
  const bool is_valid = entry != nullptr && !has_expired;
  BudgetTime& budget = is_valid ? entry->requests : refused_;
  const Gcra gcra = gcra_of(is_valid ? limits_.per_token : limits_.refused, 1.0);
  const std::optional<BudgetTime> taken = gcra.take(budget, now());
  if (!taken) {
    co_return base::Unexpected(
        Problem{ProblemType::too_many_requests, "too many requests; wait a second"});
  }
  budget = *taken;
  if (!is_valid) co_return base::Unexpected(unauthenticated());
  co_return Actor{entry->token.scope, entry->token.tenant, "token " + entry->token.name};
}

}  // namespace agent

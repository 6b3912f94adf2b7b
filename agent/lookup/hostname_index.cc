#include "agent/lookup/hostname_index.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "agent/lookup/normalise.h"

namespace agent {
namespace {

// A value, from the lowest bit: mode off (1 bit), redirect (1 bit), served until in minutes since
// 1970 (27 bits; 0 if no certificate has been served), challenge path left alone (1 bit). The
// minutes reach to the year 2225.
constexpr HashIndex::Value off_bit = 1;
constexpr HashIndex::Value redirect_bit = 2;
constexpr int minutes_shift = 2;
constexpr std::int64_t max_minutes = (1 << 27) - 1;
constexpr HashIndex::Value left_alone_bit = HashIndex::Value{1} << 29;

using Minutes = std::chrono::duration<std::int64_t, std::ratio<60>>;

HashIndex::Value pack(const HostnameState& state) {
  std::int64_t minutes = 0;
  if (state.served_until) {
    const auto exact = std::chrono::floor<Minutes>(*state.served_until).time_since_epoch();
    minutes = std::clamp<std::int64_t>(exact.count(), 1, max_minutes);
  }
  HashIndex::Value value = static_cast<HashIndex::Value>(minutes) << minutes_shift;
  if (state.mode == HostnameMode::off) value |= off_bit;
  if (state.https_redirect == HttpsRedirect::on) value |= redirect_bit;
  if (state.challenge_path == ChallengePath::left_alone) value |= left_alone_bit;
  return value;
}

HostnameState unpack(HashIndex::Value value) {
  HostnameState state;
  if ((value & off_bit) != 0) state.mode = HostnameMode::off;
  if ((value & redirect_bit) != 0) state.https_redirect = HttpsRedirect::on;
  if ((value & left_alone_bit) != 0) state.challenge_path = ChallengePath::left_alone;
  const std::int64_t minutes = (value & ~left_alone_bit) >> minutes_shift;
  if (minutes != 0) state.served_until = base::WallTime(Minutes(minutes));
  return state;
}

LookupResult answer(const HostnameState& state, base::WallTime now) {
  LookupResult result;
  result.cert_state = cert_state(state.mode, state.served_until, now);
  result.cert_present = result.cert_state == CertState::ready;
  result.https_redirect = result.cert_present && state.https_redirect == HttpsRedirect::on;
  return result;
}

}  // namespace

HostnameState state_of(const Hostname& hostname) {
  return {hostname.mode, hostname.https_redirect, hostname.challenge_path, hostname.served_until};
}

// `*.example.org` is kept as `.example.org`: that is the end of each name it covers, and nothing
// that normalise() returns begins with a dot.
Hash128 HostnameIndex::hash_of_entry(std::string_view name) const {
  return sip_hash(key_, name.front() == '*' ? name.substr(1) : name);
}

std::optional<Hash128> HostnameIndex::hash_of_host(std::string_view raw) const {
  if (is_plain_name(raw)) return sip_hash_lower(key_, raw);
  HostnameBuffer buffer;
  const auto name = normalise(raw, buffer);
  if (!name) return std::nullopt;
  return hash(*name);
}

std::optional<HostnameState> HostnameIndex::find_wildcard(std::string_view name) const {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto value = entries_.find(sip_hash(key_, name.substr(dot)));
  if (!value) return std::nullopt;
  return unpack(*value);
}

std::optional<LookupResult> HostnameIndex::find_own(Hash128 hash, base::WallTime now) const {
  const auto value = entries_.find(hash);
  if (!value) return std::nullopt;
  const HostnameState state = unpack(*value);
  if (state.mode == HostnameMode::automatic && !state.served_until) return std::nullopt;
  return answer(state, now);
}

LookupResult HostnameIndex::find(std::string_view name, Hash128 hash, base::WallTime now) const {
  const auto own = entries_.find(hash);
  const auto wildcard = find_wildcard(name);
  if (!own) return wildcard ? answer(*wildcard, now) : LookupResult{};
  HostnameState state = unpack(*own);
  const bool lacks_certificate = state.mode == HostnameMode::automatic && !state.served_until;
  if (lacks_certificate && wildcard && wildcard->mode == HostnameMode::automatic) {
    state.served_until = wildcard->served_until;
  }
  return answer(state, now);
}

void HostnameIndex::put(std::string_view name, const HostnameState& state) {
  restore(HashIndex::entry(hash_of_entry(name), pack(state)));
}

void HostnameIndex::restore(const HashIndex::Entry& entry) {
  if ((entry.value & left_alone_bit) != 0) has_left_alone_.store(true, std::memory_order_relaxed);
  entries_.put(entry);
}

bool HostnameIndex::is_left_alone(std::string_view name) const {
  const auto value = entries_.find(hash(name));
  return value && (*value & left_alone_bit) != 0;
}

bool HostnameIndex::remove(std::string_view name) {
  return entries_.remove(hash_of_entry(name));
}

}  // namespace agent

#include "agent/lookup/spop_answers.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/lookup/normalise.h"
#include "spop/action_writer.h"

namespace agent {
namespace {

constexpr auto scope = spop::Scope::transaction;

template <std::size_t size>
std::string_view text_argument(const spop::MessageView& message, const char (&name)[size]) {
  return message.argument(name).as_string().value_or(std::string_view());
}

constexpr std::string_view challenge_path = "/.well-known/acme-challenge/";  // RFC 8555 §8.3

/// Empty if the path is no challenge's.
std::string_view token_of(std::string_view path) {
  if (!path.starts_with(challenge_path)) return {};
  path.remove_prefix(challenge_path.size());
  return path.size() <= TokenIndex::max_token ? path : std::string_view();
}

void encode_status(const LookupResult& result, spop::ByteBuffer& buffer) {
  spop::ActionWriter actions(buffer);
  actions.set_var(scope, "cert_present", result.cert_present);
  actions.set_var(scope, "https_redirect", result.https_redirect);
  actions.set_var(scope, "cert_state", to_string(result.cert_state));
}

void add_status(const BasicStatusCounts<spop::Counter>& counts,
                BasicStatusCounts<std::uint64_t>& sum) {
  for (std::size_t i = 0; i < sum.by_state.size(); ++i) {
    sum.by_state[i] += counts.by_state[i].value();
  }
  sum.unusable += counts.unusable.value();
}

}  // namespace

SpopAnswers::SpopAnswers(const Lookup& lookup, const base::Clock& clock, Options options)
    : lookup_(lookup), clock_(clock), options_(std::move(options)) {
  spop::ActionWriter(miss_).set_var(scope, "challenge_miss", true);
  for (std::size_t state = 0; state < statuses_.size(); ++state) {
    const auto cert_state = static_cast<CertState>(state);
    const bool ready = cert_state == CertState::ready;
    encode_status({cert_state, ready, false}, statuses_[state][0]);
    encode_status({cert_state, ready, ready}, statuses_[state][1]);
  }
}

void SpopAnswers::prepare(const spop::MessageView& message, Prepared& prepared) const {
  const std::string_view name = message.name;
  if (spop::equals(name, "tls-status")) {
    prepare_status(Kind::tls_status, text_argument(message, "host"), prepared);
  } else if (spop::equals(name, "acme-challenge")) {
    prepare_challenge(text_argument(message, "path"), prepared);
  } else if (spop::equals(name, "sni-status")) {
    prepare_status(Kind::sni_status, text_argument(message, "sni"), prepared);
  } else {
    prepared.kind = Kind::unknown;
    prepared.usable = false;
  }
}

void SpopAnswers::prepare_challenge(std::string_view path, Prepared& prepared) const {
  prepared.kind = Kind::acme_challenge;
  prepared.text = token_of(path);
  prepared.usable = !prepared.text.empty();
  if (!prepared.usable) return;
  const Hash128 hash = lookup_.tokens().hash(prepared.text);
  prepared.hash.high = hash.high;
  prepared.hash.low = hash.low;
}

void SpopAnswers::prepare_status(Kind kind, std::string_view host, Prepared& prepared) const {
  const auto hash = lookup_.hostnames().hash_of_host(host);
  prepared.kind = kind;
  prepared.text = host;
  prepared.usable = hash.has_value();
  if (!hash) return;
  prepared.hash.high = hash->high;
  prepared.hash.low = hash->low;
}

void SpopAnswers::begin_loading(const Prepared& prepared) const {
  if (!prepared.usable) return;
  if (prepared.kind == Kind::acme_challenge) {
    lookup_.tokens().prefetch(prepared.hash);
  } else {
    lookup_.hostnames().prefetch(prepared.hash);
  }
}

void SpopAnswers::prefetch(std::span<spop::NotifyView> batch) {
  Worker& worker = workers_.local();
  std::size_t used = 0;
  bool time_matters = false;
  for (spop::NotifyView& notify : batch) {
    if (notify.messages.size() > worker.prepared.size() - used) continue;  // its hint stays 0
    notify.hint = used + 1;
    for (const spop::MessageView& message : notify.messages) {
      Prepared& prepared = worker.prepared[used++];
      prepare(message, prepared);
      time_matters |= prepared.kind != Kind::acme_challenge;
    }
  }
  const std::span<Prepared> all = std::span(worker.prepared).first(used);
  for (const Prepared& each : all) begin_loading(each);
  if (!time_matters) return;
  worker.now = clock_.wall();
  // Unsigned, so that a clock that was set back does not end the sampling.
  const auto age = static_cast<std::uint64_t>((worker.now - worker.sampled_at).count());
  if (age >= static_cast<std::uint64_t>(between_samples.count())) sample(worker, used);
}

/// Out of the way of the many batches that give none.
[[gnu::noinline, gnu::cold]] void SpopAnswers::sample(Worker& worker, std::size_t used) {
  worker.sampled_at = worker.now;
  const Prepared& prepared = worker.prepared[worker.turn++ % used];
  const bool is_status = prepared.kind == Kind::tls_status || prepared.kind == Kind::sni_status;
  if (is_status && prepared.usable) worker.samples.offer(prepared.text);
}

void SpopAnswers::answer(const spop::NotifyView& notify,
                         spop::ActionWriter& actions,
                         spop::Deferral& /*deferral*/) {
  Worker& worker = workers_.local();
  const bool prefetched = notify.hint != 0;
  const base::WallTime now = prefetched ? worker.now : clock_.wall();
  for (std::size_t i = 0; i < notify.messages.size(); ++i) {
    Prepared& prepared = prefetched ? worker.prepared[notify.hint - 1 + i] : worker.late;
    if (!prefetched) prepare(notify.messages[i], prepared);
    switch (prepared.kind) {
      case Kind::acme_challenge:
        answer_challenge(notify.messages[i], prepared, worker.counts.challenge, actions);
        break;
      case Kind::tls_status:
        answer_status(prepared, worker, now, worker.counts.tls_status, actions);
        break;
      case Kind::sni_status:
        answer_status(prepared, worker, now, worker.counts.sni_status, actions);
        break;
      case Kind::unknown: worker.counts.unknown_messages.add(); break;
    }
  }
}

/// Asked for tokens of ours alone: any other is a miss as it is.
bool SpopAnswers::is_left_alone(const spop::MessageView& message) const {
  const auto& frontends = options_.frontends_left_alone;
  if (!frontends.empty()) {
    const std::string_view frontend = text_argument(message, "fe_name");
    if (std::find(frontends.begin(), frontends.end(), frontend) != frontends.end()) return true;
  }
  if (!lookup_.hostnames().has_left_alone()) return false;
  HostnameBuffer buffer;
  const auto name = normalise(text_argument(message, "host"), buffer);
  return name && lookup_.hostnames().is_left_alone(*name);
}

void SpopAnswers::answer_challenge(const spop::MessageView& message,
                                   const Prepared& prepared,
                                   BasicChallengeCounts<spop::Counter>& counts,
                                   spop::ActionWriter& actions) const {
  const auto thumbprint = prepared.usable ? lookup_.tokens().find(prepared.hash) : std::nullopt;
  if (!thumbprint || is_left_alone(message)) {
    (prepared.usable ? counts.missed : counts.unusable).add();
    return actions.append(miss_.bytes());
  }
  counts.answered.add();
  // It is in the index, so it has passed is_token(): it may be sent back as it is.
  const std::string_view token = prepared.text;
  const std::size_t size = token.size() + 1 + thumbprint->size();
  std::byte* out = actions.set_string(scope, "key_auth", size);
  if (out == nullptr) return;
  std::memcpy(out, token.data(), token.size());
  out += token.size();
  *out++ = std::byte{'.'};
  std::memcpy(out, thumbprint->data(), Thumbprints::text_size);
}

void SpopAnswers::answer_status(const Prepared& prepared,
                                Worker& worker,
                                base::WallTime now,
                                BasicStatusCounts<spop::Counter>& counts,
                                spop::ActionWriter& actions) const {
  LookupResult result;
  if (!prepared.usable) {
    counts.unusable.add();
  } else {
    result = find(prepared, worker, now);
    counts.of(result.cert_state).add();
  }
  const auto& with_redirect = statuses_[static_cast<std::size_t>(result.cert_state)];
  actions.append(with_redirect[result.https_redirect ? 1 : 0].bytes());
}

LookupResult SpopAnswers::find(const Prepared& prepared, Worker& worker, base::WallTime now) const {
  const auto own = lookup_.hostnames().find_own(prepared.hash, now);
  if (own) return *own;
  // Rare enough to work the name out a second time, rather than to keep each one.
  HostnameBuffer buffer;
  const auto name = normalise(prepared.text, buffer);
  const LookupResult result = lookup_.hostnames().find(*name, prepared.hash, now);
  if (options_.unknown == Unknown::kept && result.cert_state == CertState::none) {
    worker.unknown.offer(*name, prepared.hash.low);
  }
  return result;
}

std::uint64_t SpopAnswers::unknown_dropped() const {
  std::uint64_t sum = 0;
  workers_.for_each([&sum](const Worker& worker) { sum += worker.unknown.dropped(); });
  return sum;
}

AnswerCounts SpopAnswers::counts() const {
  AnswerCounts sum;
  workers_.for_each([&sum](const Worker& worker) {
    const auto& counts = worker.counts;
    sum.challenge.answered += counts.challenge.answered.value();
    sum.challenge.missed += counts.challenge.missed.value();
    sum.challenge.unusable += counts.challenge.unusable.value();
    add_status(counts.tls_status, sum.tls_status);
    add_status(counts.sni_status, sum.sni_status);
    sum.unknown_messages += counts.unknown_messages.value();
  });
  return sum;
}

}  // namespace agent

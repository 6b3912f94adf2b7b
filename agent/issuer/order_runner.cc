#include "agent/issuer/order_runner.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme/alternate_chain.h"
#include "acme/certificate_key.h"
#include "acme/link_header.h"
#include "acme/renewal_info.h"
#include "agent/fault/fault_point.h"
#include "agent/issuer/await_post.h"
#include "agent/issuer/pauses.h"
#include "agent/planner/renewal_time.h"
#include "agent/store/order_document.h"
#include "base/run_on.h"
#include "haproxy/bundle_path.h"

namespace agent {
namespace {

/// What a person waiting for the order reads, and what the crash tests call the instant after the
/// step was stored.
std::string_view stage_of(acme::OrderStep step) {
  switch (step) {
    case acme::OrderStep::start: return "starting";
    case acme::OrderStep::make_key: return "making a key";
    case acme::OrderStep::place_order: return "placing the order";
    case acme::OrderStep::read_order: return "reading the order";
    case acme::OrderStep::read_authorization: return "reading the authorizations";
    case acme::OrderStep::present: return "publishing the answer";
    case acme::OrderStep::respond: return "asking for validation";
    case acme::OrderStep::poll: return "waiting for the authority";
    case acme::OrderStep::finalize: return "finalizing";
    case acme::OrderStep::download: return "downloading the certificate";
    case acme::OrderStep::find_failure: return "finding out what failed";
    case acme::OrderStep::clean_up: return "cleaning up";
    case acme::OrderStep::done: return "issued";
    case acme::OrderStep::failed: return "failed";
    case acme::OrderStep::suspended: return "waiting to go on";
  }
  return "starting";
}

/// Of every type: their tokens say which answers of a removed hostname another order still needs.
std::vector<LiveChallenge> live_challenges(const acme::OrderRecord& record) {
  std::vector<LiveChallenge> live;
  for (const acme::OrderChallenge& challenge : record.challenges) {
    if (!challenge.token) continue;
    live.push_back({challenge.identifier.name(),
                    challenge.token->text(),
                    acme::key_authorization(*challenge.token, record.thumbprint).value()});
  }
  return live;
}

KeyAlgorithm algorithm_of(acme::KeyType type) {
  switch (type) {
    case acme::KeyType::ecdsa_p256:
    case acme::KeyType::ecdsa_p384: return KeyAlgorithm::ecdsa;
    case acme::KeyType::rsa_2048:
    case acme::KeyType::rsa_3072:
    case acme::KeyType::rsa_4096: return KeyAlgorithm::rsa;
  }
  return KeyAlgorithm::unknown;
}

acme::KeyType key_type_for(const OrderRecord& order, const OrderWish& wish) {
  const bool is_second = wish.second_key_type && algorithm_of(*wish.second_key_type) == order.key;
  return is_second ? *wish.second_key_type : wish.key_type;
}

bool may_heal(StoreErrc code) {
  switch (code) {
    case StoreErrc::busy:
    case StoreErrc::disk_full:
    case StoreErrc::read_only:
    case StoreErrc::io: return true;
    case StoreErrc::corrupt:
    case StoreErrc::newer_schema:
    case StoreErrc::not_found:
    case StoreErrc::gone:
    case StoreErrc::conflict:
    case StoreErrc::wrong_key: return false;
  }
  return false;
}

/// A second certificate's path begins as no first one's does.
std::string bundle_path_for(const OrderRecord& order) {
  const base::DomainName& name = order.names.front();
  if (order.role == CertificateRole::first) return haproxy::bundle_path(name);
  return haproxy::bundle_path_beside(name, to_string(order.key));
}

std::string other_bundle_path_for(const OrderRecord& order) {
  const base::DomainName& name = order.names.front();
  const auto number = static_cast<std::uint64_t>(order.id.value());
  if (order.role == CertificateRole::first) return haproxy::bundle_path(name, number);
  return haproxy::bundle_path_beside(name, to_string(order.key), number);
}

acme::Error local_error(acme::Errc code, std::string detail) {
  return {.code = code, .origin = acme::Origin::local, .context = {}, .detail = std::move(detail)};
}

}  // namespace

struct OrderRunner::Run {
  OrderRecord order;  ///< as stored
  acme::OrderState state;
};

OrderRunner::OrderRunner(Parts parts,
                         acme::Client& client,
                         OrderWish wish,
                         OrderRunListener& listener)
    : parts_(parts), client_(client), wish_(std::move(wish)), listener_(listener) {}

base::asio::awaitable<OrderEnd> OrderRunner::run(OrderRecord order) {
  base::Result<acme::OrderRecord, std::string> record = load(order);
  if (!record) {
    co_return OrderFailed{std::move(order), local_error(acme::Errc::order_lost, record.error())};
  }
  Run run{std::move(order), {std::move(*record)}};
  co_await take_over_key(run);
  acme::Outcome outcome = acme::Started{};
  while (true) {
    note_account(run.state.record);
    const acme::OrderRecord before = run.state.record;
    acme::Action action = acme::resume(run.state, outcome, parts_.clock.wall());
    const bool was_refused = !before.is_replaces_refused && run.state.record.is_replaces_refused;
    if (was_refused) co_await note_refused_replaces(run, outcome);
    if (!(run.state.record == before)) {
      const Stored stored = co_await store(run);
      if (stored == Stored::gone) co_return co_await withdraw(run);
    }
    if (const auto* failed = std::get_if<acme::Failed>(&action)) {
      co_return OrderFailed{run.order, failed->error};
    }
    if (const auto* pause = std::get_if<acme::Suspend>(&action)) {
      co_return OrderSuspended{run.order, pause->until, pause->reason};
    }
    if (const auto* done = std::get_if<acme::Done>(&action)) {
      co_return co_await finish(run, *done);
    }
    outcome = co_await perform(run, std::move(action));
  }
}

base::asio::awaitable<void> OrderRunner::note_refused_replaces(Run& run,
                                                               const acme::Outcome& outcome) {
  parts_.log.warn("renewal goes on without replaces",
                  {{"name", run.order.names.front().text()},
                   {"replaces", run.state.record.replaces->value()},
                   {"error", acme::describe(std::get<acme::Error>(outcome))}});
  OrderRecord order = run.order;
  run.order.exemption = co_await listener_.replaces_refused(std::move(order));
}

base::Result<acme::OrderRecord, std::string> OrderRunner::load(const OrderRecord& order) const {
  if (!order.document.empty()) {
    auto stored = decode_order_document(order.document);
    // Our account does not get at an order of another one; the authority would take offence.
    if (!stored || is_of_our_account(*stored)) return stored;
    return base::Unexpected<std::string>("it was placed by another account of ours");
  }
  return new_record(order);
}

/// The account's key may have been changed since; what has not been placed is nobody's yet.
bool OrderRunner::is_of_our_account(const acme::OrderRecord& record) const {
  if (record.thumbprint == client_.thumbprint() || !record.order_url) return true;
  const auto& url = client_.record().account_url;
  return url && record.account_url == url->text();
}

/// Answers depend on the account's key (RFC 8555 §8.1): those for the old one go, and the machine
/// publishes them anew. What the authority was told to look at has been judged by now: the key is
/// changed while no order is run.
base::asio::awaitable<void> OrderRunner::take_over_key(Run& run) {
  acme::OrderRecord& record = run.state.record;
  if (record.thumbprint == client_.thumbprint()) co_return;
  std::vector<acme::Answer> answers = acme::answers_to(record.challenges, record);
  if (!answers.empty()) co_await parts_.solver.clean_up(std::move(answers));
  record.thumbprint = client_.thumbprint();
  if (!record.order_url) record.account_url.clear();
}

acme::OrderRecord OrderRunner::new_record(const OrderRecord& order) const {
  acme::OrderRecord record;
  for (const base::DomainName& name : order.names) {
    const acme::Identifier& identifier = record.identifiers.emplace_back(name);
    const ChallengePath path = challenge_path_of(order, name);
    record.preferences.push_back(
        {identifier, wish_.challenges.types_for(name, order.failures, path)});
  }
  record.key_type = key_type_for(order, wish_);
  record.profile = wish_.profile;
  if (!order.replaces.empty()) record.replaces = acme::CertId(order.replaces);
  record.thumbprint = client_.thumbprint();
  record.jitter_seed = parts_.random.below(UINT64_MAX);
  return record;
}

/// It has a URL once the first request that needs one has been answered.
void OrderRunner::note_account(acme::OrderRecord& record) const {
  const auto& url = client_.record().account_url;
  if (record.account_url.empty() && url) record.account_url = url->text();
}

/// Returns once it is stored: what the authority has just said is known to nobody else.
base::asio::awaitable<OrderRunner::Stored> OrderRunner::store(Run& run) {
  OrderRecord next = run.order;
  next.document = encode_order_document(run.state.record);
  next.stage = stage_of(run.state.progress.step);
  const std::vector<LiveChallenge> live = live_challenges(run.state.record);
  auto save = [&next, &live](Store& store) { return store.save_order(next, live); };
  StoreResult<void> stored = co_await parts_.database.run(save);
  while (!stored && stored.error().code != StoreErrc::gone) {
    co_await wait_for_store(run, stored.error());
    stored = co_await parts_.database.run(save);
  }
  if (!stored) co_return Stored::gone;
  run.order = std::move(next);
  fault_point("order: " + run.order.stage);
  co_return Stored::yes;
}

base::asio::awaitable<void> OrderRunner::wait_for_store(const Run& run, StoreError error) {
  parts_.log.error("order not stored, it waits",
                   {{"name", run.order.names.front().text()}, {"error", error.detail}});
  static_cast<void>(co_await wait(parts_.clock.wall() + store_retry));
}

/// The hostname was removed while its order was under way: only the answers are ours to take back,
/// and not those of a later order: a hostname that was added again can get the same token.
base::asio::awaitable<OrderEnd> OrderRunner::withdraw(Run& run) {
  auto read = [](Store& store) { return store.live_challenges(); };
  const auto live = co_await parts_.database.run(read);
  std::set<std::string> kept;
  if (live) {
    for (const LiveChallenge& challenge : *live) kept.insert(challenge.token);
  }
  std::vector<acme::OrderChallenge> ours = run.state.record.challenges;
  std::erase_if(ours, [&kept](const acme::OrderChallenge& challenge) {
    return challenge.token && kept.contains(challenge.token->text());
  });
  if (live) {
    std::vector<acme::Answer> answers = acme::answers_to(ours, run.state.record);
    co_await parts_.solver.clean_up(std::move(answers));
  }
  co_return OrderGone{};
}

base::asio::awaitable<acme::Outcome> OrderRunner::perform(const Run& run, acme::Action action) {
  if (auto* request = std::get_if<acme::Post>(&action))
    co_return co_await post(std::move(*request));
  if (auto* request = std::get_if<acme::GenerateKey>(&action)) {
    co_return co_await make_key(run, std::move(*request));
  }
  if (auto* wanted = std::get_if<acme::Present>(&action)) {
    co_return co_await present(std::move(wanted->answers));
  }
  if (auto* clean_up = std::get_if<acme::CleanUp>(&action)) {
    co_await parts_.solver.clean_up(std::move(clean_up->answers));
    co_return acme::CleanedUp{};
  }
  co_return co_await wait(std::get<acme::Wait>(action).until);
}

base::asio::awaitable<acme::Outcome> OrderRunner::make_key(const Run& run,
                                                           acme::GenerateKey wanted) {
  const std::optional<acme::PrivateKey> reused = co_await find_reusable_key(run);
  if (reused)
    co_return acme::KeyGenerated{acme::reuse_certificate_key(*reused, wanted.identifiers)};
  auto make = [&wanted] { return acme::make_certificate_key(wanted.type, wanted.identifiers); };
  auto key = co_await base::run_on(parts_.pool, std::move(make));
  if (!key) co_return std::move(key.error());
  co_return acme::KeyGenerated{std::move(*key)};
}

/// Not the one that the authority has refused already, nor one of another type than is wanted now.
base::asio::awaitable<std::optional<acme::PrivateKey>> OrderRunner::find_reusable_key(
    const Run& run) {
  if (wish_.key_reuse == KeyReuse::never || run.state.record.keys_made > 0) co_return std::nullopt;
  auto find = [id = run.order.id](Store& store) { return store.reusable_key(id); };
  auto pem = co_await parts_.database.run(find);
  while (!pem && may_heal(pem.error().code)) {
    co_await wait_for_store(run, pem.error());
    pem = co_await parts_.database.run(find);
  }
  if (pem && !*pem) co_return std::nullopt;  // a first certificate, or its key is compromised
  std::optional<acme::PrivateKey> key;
  if (pem) key = acme::PrivateKey::parse_pem(**pem);
  if (key && key->type() == run.state.record.key_type) co_return key;
  std::string reason = pem ? "certificates are to have keys of another type" : pem.error().detail;
  parts_.log.warn("renewal with a new key",
                  {{"name", run.order.names.front().text()}, {"reason", reason}});
  co_return std::nullopt;
}

base::asio::awaitable<acme::Outcome> OrderRunner::post(acme::Post request) {
  const bool is_download = request.accept == acme::pem_certificate_chain;
  auto reply = co_await await_post(client_, std::move(request));
  if (!reply) co_return std::move(reply.error());
  if (!is_download || wish_.preferred_chain.empty()) co_return std::move(*reply);
  co_return co_await find_preferred_chain(std::move(*reply));
}

/// The chain that was asked for, of those the authority has for this certificate; the one it offers
/// first if there is none, which is no reason to be without a certificate.
base::asio::awaitable<acme::Response> OrderRunner::find_preferred_chain(acme::Response offered) {
  if (acme::is_preferred_chain(offered.http.body, wish_.preferred_chain)) co_return offered;
  for (const acme::Url& url : acme::find_links(offered.http, offered.url, "alternate")) {
    acme::Post request{url, "", std::string(acme::pem_certificate_chain)};
    auto reply = co_await await_post(client_, std::move(request));
    if (reply && acme::is_preferred_chain(reply->http.body, wish_.preferred_chain)) {
      co_return std::move(*reply);
    }
  }
  parts_.log.warn("no chain as preferred, keeping the offered one",
                  {{"certificate", offered.url.text()}, {"preferred", wish_.preferred_chain}});
  co_return offered;
}

base::asio::awaitable<acme::Outcome> OrderRunner::present(std::vector<acme::Answer> answers) {
  Solver::Outcome presented = co_await parts_.solver.present(std::move(answers));
  if (!presented) co_return std::move(presented.error());
  co_return acme::Presented{};
}

base::asio::awaitable<acme::Outcome> OrderRunner::wait(base::WallTime until) {
  base::asio::steady_timer timer(co_await base::asio::this_coro::executor);
  timer.expires_after(until - parts_.clock.wall());
  boost::system::error_code ignored;  // nobody cancels it
  co_await timer.async_wait(base::into(ignored));
  co_return acme::Elapsed{};
}

base::asio::awaitable<OrderEnd> OrderRunner::finish(Run& run, acme::Done done) {
  const acme::CertificateInfo& info = done.certificate;
  CertificateBundle bundle;
  bundle.certificate.authority = run.order.authority;
  bundle.certificate.account = run.state.record.thumbprint.value();
  bundle.certificate.names = run.order.names;
  bundle.certificate.serial = info.serial;
  bundle.certificate.fingerprint = info.sha1;
  bundle.certificate.not_before = info.not_before;
  bundle.certificate.not_after = info.not_after;
  bundle.certificate.renew_at = renewal_time(info.not_before, info.not_after, parts_.random.unit());
  if (const std::optional<acme::CertId> id = acme::cert_id(info)) {
    bundle.certificate.cert_id = id->value();
    bundle.certificate.next_check = parts_.clock.wall();
  }
  bundle.certificate.key = algorithm_of(run.state.record.key_type);
  bundle.certificate.bundle_path = bundle_path_for(run.order);
  bundle.chain_pem = run.state.record.certificate_chain_pem;
  bundle.private_key_pem = run.state.record.private_key_pem;
  auto save = [&bundle, id = run.order.id, now = parts_.clock.wall()](Store& store) {
    return store.finish_order(id, bundle, now);
  };
  StoreResult<CertificateId> stored = co_await parts_.database.run(save);
  while (!stored && stored.error().code != StoreErrc::gone) {
    if (stored.error().code == StoreErrc::conflict) {
      // Another name still uses the certificate that both shared.
      bundle.certificate.bundle_path = other_bundle_path_for(run.order);
    } else {
      co_await wait_for_store(run, stored.error());
    }
    stored = co_await parts_.database.run(save);
  }
  if (!stored) co_return OrderGone{};
  fault_point("order: finished");
  bundle.certificate.id = *stored;
  co_return OrderIssued{std::move(bundle.certificate)};
}

}  // namespace agent

#include "agent/dns/rfc2136_provider.h"

#include <algorithm>
#include <utility>

#include "agent/dns/dns_exchange.h"
#include "agent/dns/lookups.h"
#include "agent/dns/server_text.h"
#include "agent/dns/wire/decode_message.h"

namespace agent {
namespace {

using Outcome = DnsProvider::Outcome;
using Kind = dns::TxtChange::Kind;

constexpr std::uint16_t dns_port = 53;
constexpr std::uint8_t opcode_update = 5;

Outcome fail(DnsErrc code, std::string message) {
  return base::Unexpected(DnsError{code, std::move(message)});
}

/// What to tell people of a TSIG that did not work.
std::string describe(const dns::TsigError& error, const dns::TsigKey& key, base::WallTime now) {
  const std::string name = "the key " + key.name.text();
  switch (error.code) {
    case dns::TsigErrc::missing: return "the reply is not signed; the server has to know " + name;
    case dns::TsigErrc::wrong_key: return "the reply is signed by another key than " + name;
    case dns::TsigErrc::bad_mac: return "the reply's signature by " + name + " is wrong";
    case dns::TsigErrc::wrong_time:
      return "the reply was signed at another time than now; fix the clock, here or there";
    case dns::TsigErrc::server_bad_signature:
      return "the server answers BADSIG: it has another secret for " + name;
    case dns::TsigErrc::server_bad_key:
      return "the server answers BADKEY: it does not know " + name +
             ", or by another algorithm than " + std::string(to_string(key.algorithm));
    case dns::TsigErrc::server_other: return "the server answers with a TSIG error";
    case dns::TsigErrc::server_bad_time: break;
  }
  std::string text = "the server answers BADTIME: its clock and ours are too far apart";
  if (error.server_time) {
    const auto apart = std::chrono::duration_cast<std::chrono::seconds>(now - *error.server_time);
    text += " (ours is " + std::to_string(std::abs(apart.count())) + " s " +
            (apart.count() < 0 ? "behind" : "ahead") + ")";
  }
  return text + "; fix the clock";
}

std::string advice_text(dns::Rcode rcode) {
  if (rcode == dns::Rcode::refused) return "; let the key update this zone";
  if (rcode == dns::Rcode::not_authoritative) {
    return "; it is no primary of the zone, or does not know the key";
  }
  if (rcode == dns::Rcode::not_in_zone) return "; the name is not in the zone that is configured";
  return {};
}

}  // namespace

/// One change on its way; shared by its caller and by who sends it.
struct Rfc2136Provider::Waiting {
  Waiting(const base::asio::any_io_executor& executor, dns::TxtChange wanted)
      : change(std::move(wanted)), signal(executor, base::asio::steady_timer::time_point::max()) {}
  dns::TxtChange change;
  base::asio::steady_timer signal;  ///< cancelled with an outcome, or when it is this one's turn
  std::optional<Outcome> outcome;
};

base::asio::awaitable<Outcome> Rfc2136Provider::add(TxtRecord record) {
  dns::TxtChange wanted{Kind::add, std::move(record.fqdn), std::move(record.value)};
  co_return co_await change(std::move(wanted));
}

base::asio::awaitable<Outcome> Rfc2136Provider::remove(TxtRecord record) {
  dns::TxtChange wanted{Kind::remove, std::move(record.fqdn), std::move(record.value)};
  co_return co_await change(std::move(wanted));
}

base::asio::awaitable<Outcome> Rfc2136Provider::change(dns::TxtChange change) {
  const auto destination = co_await find_destination(change.fqdn);
  if (!destination) co_return base::Unexpected(destination.error());
  const auto executor = co_await base::asio::this_coro::executor;
  const auto mine = std::make_shared<Waiting>(executor, std::move(change));
  Lane& lane = lanes_[*destination];
  lane.waiting.push_back(mine);
  while (!mine->outcome) {
    if (lane.is_busy) {
      boost::system::error_code ignored;
      co_await mine->signal.async_wait(base::into(ignored));
    } else {
      co_await send_batch(*destination, lane);
    }
  }
  co_return *mine->outcome;
}

base::asio::awaitable<void> Rfc2136Provider::send_batch(const Destination& destination,
                                                        Lane& lane) {
  const std::size_t size = std::min(lane.waiting.size(), dns::max_changes);
  const auto end = lane.waiting.begin() + static_cast<std::ptrdiff_t>(size);
  const Batch batch(lane.waiting.begin(), end);
  lane.waiting.erase(lane.waiting.begin(), end);
  lane.is_busy = true;
  std::vector<dns::TxtChange> changes;
  for (const auto& waiting : batch) changes.push_back(waiting->change);
  const Outcome whole = co_await send(destination, changes);
  // All or none (RFC 2136 §3.4.2): one name that may not be changed must not stop the others.
  const bool is_one_perhaps = !whole && whole.error().code != DnsErrc::transient && size > 1;
  for (const auto& waiting : batch) {
    if (is_one_perhaps) {
      const std::vector<dns::TxtChange> alone{waiting->change};
      waiting->outcome = co_await send(destination, alone);
    } else {
      waiting->outcome = whole;
    }
    waiting->signal.cancel();
  }
  lane.is_busy = false;
  if (!lane.waiting.empty()) lane.waiting.front()->signal.cancel();
}

base::asio::awaitable<base::Result<Rfc2136Provider::Destination, DnsError>>
Rfc2136Provider::find_destination(dns::Name fqdn) {
  if (options_.zone && !fqdn.is_within(*options_.zone)) {
    co_return base::Unexpected(DnsError{
        DnsErrc::configuration, fqdn.text() + " is not in the zone " + options_.zone->text()});
  }
  if (options_.zone && options_.server) co_return Destination{*options_.zone, *options_.server};
  const dns::Name start = options_.zone ? *options_.zone : fqdn;
  const auto zone = co_await zone_of(resolver_, start);
  if (!zone) co_return base::Unexpected(zone.error());
  const dns::Name apex = options_.zone ? *options_.zone : zone->apex;
  if (options_.server) co_return Destination{apex, *options_.server};
  const auto primary = co_await find_primary(zone->primary);
  if (!primary) co_return base::Unexpected(primary.error());
  co_return Destination{apex, *primary};
}

base::asio::awaitable<base::Result<DnsServer, DnsError>> Rfc2136Provider::find_primary(
    const dns::Name& primary) {
  const auto addresses = co_await look_up_addresses(resolver_, primary);
  if (!addresses) co_return base::Unexpected(addresses.error());
  if (addresses->empty()) {
    co_return base::Unexpected(
        DnsError{DnsErrc::configuration,
                 "the zone's primary name server " + primary.text() +
                     " has no address; configure the server that takes updates"});
  }
  co_return DnsServer{addresses->back(), dns_port};  // IPv4, if it has one
}

base::asio::awaitable<Outcome> Rfc2136Provider::send(const Destination& destination,
                                                     const std::vector<dns::TxtChange>& changes) {
  const auto id = static_cast<std::uint16_t>(random_.below(0x10000));
  dns::SignedMessage message;
  message.bytes = dns::encode_update(id, destination.zone, changes, options_.ttl_seconds);
  if (options_.key) message = dns::sign(message.bytes, *options_.key, clock_.wall());
  auto reply =
      co_await exchange_over_tcp(destination.server, std::move(message.bytes), options_.timeout);
  if (!reply) co_return base::Unexpected(std::move(reply).error());
  co_return judge(destination, id, *reply, message.mac);
}

Outcome Rfc2136Provider::judge(const Destination& destination,
                               std::uint16_t id,
                               const dns::Bytes& reply_bytes,
                               const dns::Bytes& request_mac) const {
  const std::string context =
      "update of " + destination.zone.text() + " at " + describe(destination.server) + ": ";
  const auto reply = dns::decode_message(reply_bytes);
  if (!reply) return fail(DnsErrc::transient, context + reply.error());
  if (!reply->is_reply || reply->opcode != opcode_update || reply->id != id) {
    return fail(DnsErrc::transient, context + "the reply is to something else");
  }
  if (options_.key) {
    const base::WallTime now = clock_.wall();
    const auto trusted = dns::verify(reply_bytes, *reply, *options_.key, request_mac, now);
    // Some servers do not sign what they refuse; that it failed may be believed.
    const bool is_plain_failure = !trusted && trusted.error().code == dns::TsigErrc::missing &&
                                  reply->rcode != dns::Rcode::no_error;
    if (!trusted && !is_plain_failure) {
      return fail(DnsErrc::configuration, context + describe(trusted.error(), *options_.key, now));
    }
  }
  const std::string says =
      context + "the server answers " + to_string(reply->rcode) + advice_text(reply->rcode);
  switch (dns::update_advice(reply->rcode)) {
    case dns::UpdateAdvice::done: return {};
    case dns::UpdateAdvice::try_again: return fail(DnsErrc::transient, says);
    case dns::UpdateAdvice::ask_operator: break;
  }
  return fail(DnsErrc::configuration, says);
}

}  // namespace agent

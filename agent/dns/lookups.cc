#include "agent/dns/lookups.h"

#include <algorithm>
#include <set>

#include "agent/dns/server_text.h"

namespace agent {
namespace {

template <class T>
using Awaitable = base::asio::awaitable<base::Result<T, DnsError>>;
using dns::RecordType;

std::vector<dns::RecordData> data_at(const dns::Message& message,
                                     const dns::Name& name,
                                     RecordType type) {
  std::vector<dns::RecordData> data;
  for (const dns::Record& record : message.answers) {
    if (record.owner == name && record.type == type) data.push_back(record.data);
  }
  return data;
}

std::optional<dns::Name> alias_at(const dns::Message& message, const dns::Name& name) {
  const auto targets = values_of<dns::Name>(data_at(message, name, RecordType::cname));
  return targets.empty() ? std::nullopt : std::optional(targets.front());
}

/// Walks from alias to alias, as long as that is new and not too far.
class AliasWalk {
 public:
  explicit AliasWalk(const dns::Name& start) : start_(start), at_(start) { seen_.insert(start); }

  const dns::Name& at() const { return at_; }
  /// false, with error(), if this must not be followed.
  bool follow(const dns::Name& target) {
    at_ = target;
    if (!seen_.insert(target).second) {
      error_ = "the CNAMEs of " + start_.text() + " go in a loop at " + target.text();
    } else if (seen_.size() > max_aliases + 1) {
      error_ =
          "more than " + std::to_string(max_aliases) + " CNAMEs in a row from " + start_.text();
    }
    return error_.empty();
  }
  const std::string& error() const { return error_; }

 private:
  dns::Name start_;
  dns::Name at_;
  std::set<dns::Name> seen_;
  std::string error_;
};

/// Follows what the message itself has of CNAMEs; false for a walk that must end.
bool follow_all(const dns::Message& message, AliasWalk& walk) {
  while (const std::optional<dns::Name> target = alias_at(message, walk.at())) {
    if (!walk.follow(*target)) return false;
  }
  return true;
}

}  // namespace

Awaitable<FoundRecords> look_up(DnsResolver& resolver, dns::Name name, RecordType type) {
  AliasWalk walk(name);
  while (true) {
    const dns::Name asked = walk.at();
    DnsQuestion question{asked, type};
    const auto answer = co_await resolver.query(std::move(question));
    if (!answer) co_return base::Unexpected(answer.error());
    if (!follow_all(answer->message, walk)) co_return misconfigured(walk.error());
    auto data = data_at(answer->message, walk.at(), type);
    // A server that does not go all the way leaves the rest to us.
    const bool is_over = walk.at() == asked || !data.empty() || !answer->name_exists();
    if (is_over) {
      co_return FoundRecords{walk.at(), std::move(data), answer->name_exists()};
    }
  }
}

Awaitable<std::vector<std::string>> look_up_texts(DnsResolver& resolver, dns::Name name) {
  const auto found = co_await look_up(resolver, std::move(name), RecordType::txt);
  if (!found) co_return base::Unexpected(found.error());
  std::vector<std::string> texts;
  for (dns::Text& text : values_of<dns::Text>(found->data)) texts.push_back(std::move(text.value));
  co_return texts;
}

Awaitable<std::vector<std::string>> look_up_addresses(DnsResolver& resolver, dns::Name name) {
  std::vector<std::string> addresses;
  for (const RecordType type : {RecordType::aaaa, RecordType::a}) {
    const auto found = co_await look_up(resolver, name, type);
    if (!found) co_return base::Unexpected(found.error());
    for (dns::Address& address : values_of<dns::Address>(found->data)) {
      addresses.push_back(std::move(address.text));
    }
  }
  co_return addresses;
}

Awaitable<dns::Name> canonical_name(DnsResolver& resolver, dns::Name name) {
  AliasWalk walk(name);
  while (true) {
    const dns::Name asked = walk.at();
    DnsQuestion question{asked, RecordType::cname};
    const auto answer = co_await resolver.query(std::move(question));
    if (!answer) co_return base::Unexpected(answer.error());
    if (!follow_all(answer->message, walk)) co_return misconfigured(walk.error());
    if (walk.at() == asked) co_return asked;
  }
}

Awaitable<DnsZone> zone_of(DnsResolver& resolver, dns::Name name) {
  for (dns::Name at = name; !at.is_root(); at = at.parent()) {
    DnsQuestion question{at, RecordType::soa};
    const auto answer = co_await resolver.query(std::move(question));
    if (!answer) co_return base::Unexpected(answer.error());
    // A negative reply has the zone's SOA as its authority (RFC 2308 §2).
    for (const auto* section : {&answer->message.answers, &answer->message.authority}) {
      for (const dns::Record& record : *section) {
        const auto* soa = std::get_if<dns::Soa>(&record.data);
        if (soa == nullptr || record.owner.is_root() || !at.is_within(record.owner)) continue;
        co_return DnsZone{record.owner, soa->primary};
      }
    }
  }
  co_return misconfigured("no zone is found that " + name.text() + " would be in");
}

Awaitable<std::vector<NameServer>> name_servers(DnsResolver& resolver, dns::Name apex) {
  const auto found = co_await look_up(resolver, apex, RecordType::ns);
  if (!found) co_return base::Unexpected(found.error());
  std::vector<NameServer> servers;
  std::size_t addresses = 0;
  for (dns::Name& name : values_of<dns::Name>(found->data)) {
    auto of_name = co_await look_up_addresses(resolver, name);
    if (!of_name) co_return base::Unexpected(std::move(of_name).error());
    addresses += of_name->size();
    servers.push_back({std::move(name), *std::move(of_name)});
  }
  if (addresses == 0) {
    co_return misconfigured("the zone " + apex.text() + " has no name server with an address");
  }
  co_return servers;
}

}  // namespace agent

#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/dns/dns_resolver.h"

namespace agent::test {

inline dns::Name name(std::string_view text) {
  return dns::Name::parse(text).value();
}

/// Records that the test sets. As a resolver does, it answers an alias with all it knows of the
/// way; as an authoritative server, by `at` for its address.
class ScriptedResolver final : public DnsResolver {
 public:
  using Answer = base::Result<DnsAnswer, DnsError>;

  void set(std::string_view owner, dns::RecordType type, std::vector<dns::RecordData> data) {
    records_[{name(owner), type}] = std::move(data);
  }
  void add_zone(std::string_view apex, std::string_view primary) {
    set(apex, dns::RecordType::soa, {dns::Soa{name(primary), 1}});
  }
  void fail(std::string_view owner, dns::RecordType type) { failing_.insert({name(owner), type}); }
  void work(std::string_view owner, dns::RecordType type) { failing_.erase({name(owner), type}); }
  /// What the server at this address says, instead of the records.
  std::function<Answer(const DnsServer&, const DnsQuestion&)> at = nullptr;

  std::vector<DnsQuestion> questions;

  base::asio::awaitable<Answer> query(DnsQuestion question) override {
    questions.push_back(question);
    if (failing_.contains({question.name, question.type})) {
      co_return base::Unexpected(DnsError{DnsErrc::transient, "the server answers SERVFAIL"});
    }
    DnsAnswer answer;
    dns::Name owner = question.name;
    for (int hops = 0; hops < 20 && question.type != dns::RecordType::cname; ++hops) {
      const auto alias = records_.find({owner, dns::RecordType::cname});
      if (alias == records_.end()) break;
      append(answer, owner, dns::RecordType::cname);
      owner = std::get<dns::Name>(alias->second.front());
    }
    append(answer, owner, question.type);
    if (!exists(owner)) answer.message.rcode = dns::Rcode::no_such_name;
    if (answer.message.answers.empty()) append_authority(answer, owner);
    co_return answer;
  }

  base::asio::awaitable<Answer> query_at(DnsServer server, DnsQuestion question) override {
    co_return at(server, question);
  }

 private:
  using Key = std::pair<dns::Name, dns::RecordType>;

  void append(DnsAnswer& answer, const dns::Name& owner, dns::RecordType type) const {
    const auto found = records_.find({owner, type});
    if (found == records_.end()) return;
    for (const dns::RecordData& data : found->second) {
      answer.message.answers.push_back({.owner = owner, .type = type, .ttl = 60, .data = data});
    }
  }
  bool exists(const dns::Name& owner) const {
    for (const auto& [key, data] : records_) {
      if (key.first.is_within(owner)) return true;
    }
    return false;
  }
  void append_authority(DnsAnswer& answer, dns::Name at_or_above) const {
    for (; !at_or_above.is_root(); at_or_above = at_or_above.parent()) {
      const auto found = records_.find({at_or_above, dns::RecordType::soa});
      if (found == records_.end()) continue;
      answer.message.authority.push_back(
          {.owner = at_or_above, .type = dns::RecordType::soa, .data = found->second.front()});
      return;
    }
  }

  std::map<Key, std::vector<dns::RecordData>> records_;
  std::set<Key> failing_;
};

}  // namespace agent::test

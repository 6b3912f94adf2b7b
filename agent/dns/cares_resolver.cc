#include "agent/dns/cares_resolver.h"

#include <ares.h>
#include <array>
#include <netinet/in.h>

#include "agent/dns/server_text.h"

namespace agent {
namespace {

constexpr std::size_t max_channels = 1'000;  // remembered, most of them gone

bool says_something(dns::Rcode rcode) {
  return rcode == dns::Rcode::no_error || rcode == dns::Rcode::no_such_name;
}

std::string address_text(const ares_addr_port_node& node) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ares_inet_ntop(node.family, &node.addr, text.data(), text.size());
  return text.data();
}

}  // namespace

std::vector<DnsServer> system_resolvers() {
  std::vector<DnsServer> servers;
  ares_channel channel = nullptr;
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) return servers;
  if (ares_init(&channel) == ARES_SUCCESS) {
    ares_addr_port_node* first = nullptr;
    ares_get_servers_ports(channel, &first);
    for (const ares_addr_port_node* node = first; node != nullptr; node = node->next) {
      const int port = node->udp_port == 0 ? 53 : node->udp_port;
      servers.push_back({address_text(*node), static_cast<std::uint16_t>(port)});
    }
    ares_free_data(first);
    ares_destroy(channel);
  }
  ares_library_cleanup();
  return servers;
}

CaresResolver::CaresResolver(base::asio::any_io_executor executor, ResolverOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      resolvers_(options_.resolvers.empty() ? system_resolvers() : options_.resolvers) {}

base::asio::awaitable<base::Result<DnsAnswer, DnsError>> CaresResolver::query(
    DnsQuestion question) {
  std::string failures;
  const std::size_t begin = first_;
  for (std::size_t i = 0; i < resolvers_.size(); ++i) {
    const std::size_t index = (begin + i) % resolvers_.size();
    const DnsServer server = resolvers_[index];
    Answer answer = co_await ask(server, Recursion::wanted, question);
    if (answer) {
      first_ = index;
      co_return answer;
    }
    failures += (failures.empty() ? "" : "; ") + answer.error().message;
  }
  if (failures.empty()) failures = "no resolver is configured, nor is there one in resolv.conf";
  co_return base::Unexpected(DnsError{DnsErrc::transient, std::move(failures)});
}

base::asio::awaitable<base::Result<DnsAnswer, DnsError>> CaresResolver::query_at(
    DnsServer server, DnsQuestion question) {
  co_return co_await ask(std::move(server), Recursion::not_wanted, std::move(question));
}

base::asio::awaitable<CaresResolver::Answer> CaresResolver::ask(DnsServer server,
                                                                Recursion recursion,
                                                                DnsQuestion question) {
  const auto channel = channel_to(server, recursion);
  auto message = co_await channel->query(question);
  if (!message) co_return base::Unexpected(std::move(message).error());
  if (!says_something(message->rcode)) {
    co_return base::Unexpected(
        DnsError{DnsErrc::transient,
                 describe(question, server) + ": the server answers " + to_string(message->rcode)});
  }
  co_return DnsAnswer{*std::move(message), std::move(server)};
}

std::shared_ptr<CaresChannel> CaresResolver::channel_to(const DnsServer& server,
                                                        Recursion recursion) {
  const std::pair key(base::to_string(base::Endpoint(server)), recursion);
  if (auto open = channels_[key].lock()) return open;
  if (channels_.size() > max_channels) {
    std::erase_if(channels_, [](const auto& entry) { return entry.second.expired(); });
  }
  auto channel = CaresChannel::open(
      executor_,
      server,
      {.timeout = options_.timeout, .tries = options_.tries, .recursion = recursion});
  channels_[key] = channel;
  return channel;
}

}  // namespace agent

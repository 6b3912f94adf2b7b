#include "agent/dns/server_text.h"

namespace agent {

std::string describe(const DnsServer& server) {
  constexpr std::uint16_t usual_port = 53;
  return server.port == usual_port ? server.host : base::to_string(base::Endpoint(server));
}

std::string describe(const DnsQuestion& question, const DnsServer& server) {
  return to_string(question.type) + " of " + question.name.text() + " at " + describe(server);
}

}  // namespace agent

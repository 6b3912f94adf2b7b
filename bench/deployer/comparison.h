#pragma once

#include <chrono>
#include <map>
#include <string>
#include <unistd.h>

#include "agent/deployer/instance.h"
#include "haproxy/bundle_path.h"
#include "tests/fakes/loopback_server.h"
#include "tests/haproxy/test_process.h"

namespace bench {

/// How long an agent that starts takes to compare a HAProxy with what it should have, by listings
/// of HAProxy 2.6's form that a server here sends. Half of the certificates were there when HAProxy
/// loaded its files, half were given to it since, as the ledger says. All is as it should be.
class Comparison final : private agent::InstanceListener {
 public:
  struct Outcome {
    double seconds = 0;
    std::size_t needless_commands = 0;
  };

  explicit Comparison(std::size_t certificates) {
    std::string ledger = "acme-spoa ledger 1 pid 7 started 1000\n";
    for (std::size_t i = 0; i < certificates; ++i) add(i, ledger);
    std::size_t line = 0;
    names_ = "# filename\n";
    entries_ = "# /c/list.txt\n";
    for (const auto& [path, wanted] : wanted_) {
      names_ += path + "\n";
      entries_ += path + ":" + std::to_string(++line) + "\n";
    }
    haproxy::test::write_file(folder_.path("ledger"), ledger);
  }
  ~Comparison() { pool_.join(); }

  Outcome run() {
    const fakes::LoopbackServer server([this](int fd) { serve(fd); });
    agent::InstanceOptions options{"edge", base::TcpEndpoint{"127.0.0.1", server.port()}, {}};
    options.ledger_file = folder_.path("ledger");
    agent::Instance::Parts parts{wanted_,
                                 placement_,
                                 0,
                                 *haproxy::CrtListName::parse("/c/list.txt"),
                                 "/c/certificates/",
                                 pool_,
                                 pool_,
                                 clock_,
                                 log_,
                                 *this};
    agent::Instance instance(std::move(options), std::move(parts));
    const auto began = std::chrono::steady_clock::now();
    base::asio::co_spawn(control_, instance.run(), base::log_failure(log_, "instance"));
    while (!instance.is_in_sync()) control_.run_one();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    Outcome outcome{took.count(), 0};
    for (const auto& [kind, count] : commands_) {
      const bool is_needed = kind == "prompt" || kind == "show info" || kind == "show ssl cert" ||
                             kind == "show ssl crt-list NAME";
      outcome.needless_commands += is_needed ? count - 1 : count;
    }
    return outcome;
  }

 private:
  void add(std::size_t number, std::string& ledger) {
    const auto name =
        base::DomainName::parse("n" + std::to_string(number) + ".customers.example").value();
    const std::string path = "/c/certificates/" + haproxy::bundle_path(name);
    std::string fingerprint = std::to_string(number);
    fingerprint.insert(0, 40 - fingerprint.size(), '0');
    agent::WantedCertificate wanted{agent::CertificateId(static_cast<std::int64_t>(number + 1)),
                                    haproxy::Fingerprint(fingerprint),
                                    name,
                                    true};
    const bool was_given = number % 2 == 0;
    wanted.written = std::chrono::sys_seconds(std::chrono::seconds(was_given ? 2000 : 900));
    if (was_given) ledger += fingerprint + " " + path + "\n";
    wanted_.emplace(path, std::move(wanted));
  }

  void serve(int fd) const {
    std::string input;
    char byte = 0;
    while (::read(fd, &byte, 1) == 1) {
      if (byte != '\n') {
        input += byte;
        continue;
      }
      const std::string reply = reply_to(input) + "\n> ";
      input.clear();
      for (std::size_t sent = 0; sent < reply.size();) {
        const ssize_t n = ::send(fd, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return;
        sent += static_cast<std::size_t>(n);
      }
    }
  }
  std::string reply_to(const std::string& command) const {
    if (command == "show info")
      return "Version: 2.6.12\nPid: 7\nUptime_sec: 9\nStopping: 0\nStart_time_sec: 1000\n";
    if (command == "show ssl cert") return names_;
    if (command.starts_with("show ssl crt-list")) return entries_;
    return "";
  }

  void certificate_loaded(const agent::Instance&, const std::string&) override {}
  void certificate_proven(const agent::Instance&, const std::string&) override {}
  void sync_changed(const agent::Instance&) override {}
  void command_failed(const agent::Instance&, const haproxy::RuntimeError&) override {}
  void command_done(const agent::Instance&,
                    std::string_view kind,
                    std::chrono::microseconds) override {
    ++commands_[std::string(kind)];
  }
  void incident(const agent::Instance&, agent::InstanceIncident, const std::string&) override {}

  haproxy::test::TempFolder folder_;
  std::string names_;
  std::string entries_;
  agent::WantedCertificates wanted_;
  agent::Placement placement_{{}, {{}}};
  base::NullLog log_;
  base::SystemClock clock_;
  base::asio::io_context control_{1};
  base::asio::thread_pool pool_{1};
  std::map<std::string, std::size_t> commands_;
};

}  // namespace bench

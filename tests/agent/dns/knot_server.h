#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "tests/fakes/loopback_server.h"
#include "tests/haproxy/test_process.h"

namespace agent::test {

/// Knot DNS, primary of `example.test` and `other.test`, on a free loopback port. The key
/// `acme.key` may update both, `foreign.key` neither.
class KnotServer {
 public:
  static constexpr const char* program = "/usr/sbin/knotd";
  static constexpr const char* secret = "MTIzNDU2Nzg5MGFiY2RlZjEyMzQ1Njc4OTBhYmNkZWY=";

  static bool is_installed() { return ::access(program, X_OK) == 0; }

  explicit KnotServer(const std::string& algorithm = "hmac-sha256") {
    std::filesystem::create_directory(folder_.path("db"));
    for (const std::string zone : {"example.test", "other.test"}) {
      haproxy::test::write_file(folder_.path(zone + ".zone"),
                                "$ORIGIN " + zone + ".\n$TTL 60\n" +
                                    "@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\n" +
                                    "ns1 A 127.0.0.1\nwww A 192.0.2.1\n" +
                                    "@ CAA 0 issue \"ca.example\"\n");
    }
    // Somebody else may get the port between our look and Knot's: then again.
    for (int attempt = 0; attempt < 5 && !process_; ++attempt) start(algorithm);
    if (!process_) throw std::runtime_error("knotd: " + log());
  }
  ~KnotServer() {
    if (process_) process_->end(SIGTERM);
  }

  std::uint16_t port() const { return port_; }
  std::string log() const { return haproxy::test::read_file(folder_.path("log")); }

 private:
  void start(const std::string& algorithm) {
    port_ = fakes::ClosedPort().port();
    haproxy::test::write_file(folder_.path("knot.conf"), configuration(algorithm));
    process_ = std::make_unique<haproxy::test::Process>(
        std::vector<std::string>{program, "-c", folder_.path("knot.conf")}, folder_.path("log"));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      const std::string text = log();
      if (text.find("cannot bind") != std::string::npos) break;
      // The last thing it says before it serves.
      if (text.find("server started") != std::string::npos &&
          text.find("[other.test.] loaded") != std::string::npos &&
          text.find("[example.test.] loaded") != std::string::npos) {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    process_.reset();
  }

  std::string configuration(const std::string& algorithm) const {
    std::string keys;
    for (const char* name : {"acme.key", "foreign.key"}) {
      keys += std::string("  - id: ") + name + "\n    algorithm: " + algorithm +
              "\n    secret: " + secret + "\n";
    }
    return "server:\n  listen: 127.0.0.1@" + std::to_string(port_) +
           "\n  rundir: " + folder_.path() + "\ndatabase:\n  storage: " + folder_.path("db") +
           "\nkey:\n" + keys + "acl:\n  - id: update\n    key: acme.key\n    action: update\n" +
           "template:\n  - id: default\n    storage: " + folder_.path() +
           "\n    acl: update\n    zonefile-sync: -1\nzone:\n" +
           "  - domain: example.test\n    file: example.test.zone\n" +
           "  - domain: other.test\n    file: other.test.zone\n" +
           "log:\n  - target: stderr\n    any: info\n";
  }

  haproxy::test::TempFolder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<haproxy::test::Process> process_;
};

}  // namespace agent::test

#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "base/asio.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/random.h"
#include "tests/fake_ca/asio/adjustable_clock.h"
#include "tests/fake_ca/asio/validator.h"
#include "tests/fake_ca/faults.h"

namespace fake_ca {

struct ServerOptions {
  base::TcpEndpoint listen{"127.0.0.1", 0};
  base::TcpEndpoint management{"127.0.0.1", 0};
  ValidatorOptions validator = {};
  int perspectives = 1;  ///< how often each answer is fetched; all must be right
  std::uint64_t fault_seed = 1;
  std::vector<FaultRule> faults = {};
  Options authority = {};
};

/// The authority over HTTPS, its management over HTTP, and its validation authority, on one thread
/// of its own. The constructor has it listen; the destructor ends it. Throws if it cannot listen.
class Server {
 public:
  explicit Server(ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string directory_url() const;
  std::string management_url() const;
  /// The root of the certificate that it shows to clients over TLS.
  std::string tls_root_pem() const;
  /// The root of what it issues.
  std::string root_pem(std::size_t chain = 0);

  /// Runs `f(ca, faults)` on the server's thread and returns what it returns.
  template <class F>
  auto with(F f) {
    using Value = std::invoke_result_t<F&, Ca&, FaultPlan&>;
    std::packaged_task<Value()> task([this, &f] { return f(ca(), faults()); });
    auto value = task.get_future();
    base::asio::post(io_context(), [&task] { task(); });
    return value.get();
  }
  AdjustableClock& clock();

 private:
  Ca& ca();
  FaultPlan& faults();
  base::asio::io_context& io_context();

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fake_ca

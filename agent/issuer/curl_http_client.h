#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "acme/http_client.h"
#include "base/asio.h"

namespace agent {

struct CurlOptions {
  std::string user_agent;  ///< program and version (RFC 8555 §6.1)
  std::string ca_file;     ///< PEM roots to trust instead of the system's; empty: the system's
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
};

/// acme::HttpClient on libcurl's multi interface: one thread of its own carries all requests, over
/// HTTP/2 where the server has it, on connections that are kept.
class CurlHttpClient final : public acme::HttpClient {
 public:
  /// Callbacks run on `control`, whose thread is the only one to call the members.
  /// REQUIRES: SIGPIPE is ignored. Throws std::runtime_error if libcurl cannot start.
  CurlHttpClient(base::asio::any_io_executor control, CurlOptions options);
  ~CurlHttpClient() override;

  void send(acme::HttpRequest request, Callback done) override;
  /// Ends every request with `cancelled`, and waits for the thread.
  void stop();

 private:
  class Transfers;
  /// While it lives, callbacks may run; only the control thread looks at it.
  struct Alive {};

  base::asio::any_io_executor control_;
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace agent

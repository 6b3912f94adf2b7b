#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "acme/http_client.h"
#include "base/asio.h"

namespace agent::test {

/// Answers by the test's function, later, as the interface demands.
class ScriptedHttp final : public acme::HttpClient {
 public:
  using Reply = base::Result<acme::HttpResponse, acme::Error>;

  explicit ScriptedHttp(base::asio::io_context& loop) : loop_(loop) {}

  std::function<Reply(const acme::HttpRequest&)> answer = [](const acme::HttpRequest&) {
    return status(200);
  };
  std::vector<acme::HttpRequest> requests;

  static Reply status(int code, std::string body = {}) {
    return acme::HttpResponse{.status = code, .headers = {}, .body = std::move(body)};
  }
  static Reply failure(std::string detail) {
    return base::Unexpected(acme::Error{
        .code = acme::Errc::connection_failed, .context = {}, .detail = std::move(detail)});
  }

  void send(acme::HttpRequest request, Callback done) override {
    requests.push_back(request);
    base::asio::post(loop_, [reply = answer(request), done] { done(reply); });
  }

 private:
  base::asio::io_context& loop_;
};

}  // namespace agent::test

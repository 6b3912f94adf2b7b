#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "acme/http_client.h"
#include "tests/fake_ca/faults.h"

namespace fake_ca {

/// The authority behind the client's own interface, without sockets: a request waits in a queue
/// until deliver() carries it out. `find` fetches the answers to challenges, at once.
class InProcessClient final : public acme::HttpClient {
 public:
  using Find = std::function<Evidence(const ValidationTask&)>;

  InProcessClient(Ca& ca, FaultPlan& faults, Find find)
      : ca_(ca), faults_(faults), find_(std::move(find)) {}

  static acme::Url directory_url() { return *acme::Url::parse(origin() + "/directory"); }

  void send(acme::HttpRequest request, Callback done) override {
    queue_.push_back({std::move(request), std::move(done)});
  }

  /// Carries one request out and calls back; false if none waits.
  bool deliver() {
    if (queue_.empty()) return false;
    Waiting next = std::move(queue_.front());
    queue_.pop_front();
    const Delivery delivery = fake_ca::deliver(ca_, faults_, translate(next.request));
    for (const ValidationTask& task : ca_.take_tasks()) ca_.conclude(task, find_(task));
    next.done(result_of(delivery));
    return true;
  }
  /// Requests under way reach the authority; nobody hears of them, as after a kill.
  void deliver_unheard() {
    for (Waiting& waiting : queue_) waiting.done = [](auto&&) {};
    while (deliver()) {
    }
  }

 private:
  struct Waiting {
    acme::HttpRequest request;
    Callback done;
  };

  static std::string origin() { return "https://ca.example"; }

  static Request translate(const acme::HttpRequest& request) {
    const std::string& url = request.url.text();
    const bool is_ours = url.starts_with(origin());
    return {.method = request.method == acme::HttpMethod::post   ? Method::post
                      : request.method == acme::HttpMethod::head ? Method::head
                                                                 : Method::get,
            .origin = origin(),
            .path = is_ours ? url.substr(origin().size()) : "/elsewhere",
            .content_type = request.content_type,
            .user_agent = "in-process",
            .body = request.body};
  }

  static acme::HttpResponse translate(const Reply& reply) {
    acme::HttpResponse response{reply.status, {}, reply.body};
    for (const Header& header : reply.headers) {
      std::string name = header.name;
      std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      response.headers.push_back({std::move(name), header.value});
    }
    return response;
  }

  static base::Result<acme::HttpResponse, acme::Error> result_of(const Delivery& delivery) {
    const auto failed = [](acme::Errc code, const char* detail) {
      return base::Unexpected(acme::Error{.code = code, .context = {}, .detail = detail});
    };
    switch (delivery.fate) {
      case Delivery::Fate::send: return translate(delivery.reply);
      case Delivery::Fate::cut:
        return failed(acme::Errc::connection_failed, "the connection broke");
      case Delivery::Fate::hang: return failed(acme::Errc::timeout, "no reply in time");
    }
    return failed(acme::Errc::bad_response, "");
  }

  Ca& ca_;
  FaultPlan& faults_;
  const Find find_;
  std::deque<Waiting> queue_;
};

}  // namespace fake_ca

#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "acme/certificate_key.h"
#include "acme/order_machine.h"
#include "acme/private_key.h"
#include "tests/fakes/example_account.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_ca.h"

namespace acme {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline const std::string origin = "https://ca.example";
inline const std::string token_a = "token-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
inline const std::string token_b = "token-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

inline Identifier identifier(const std::string& name) {
  return Identifier(base::DomainName::parse(name).value());
}

/// Plays the shell and the authority by hand, one outcome at a time.
class OrderMachine : public testing::Test {
 protected:
  OrderMachine() { state_.record = new_record({"a.example"}); }

  static OrderRecord new_record(const std::vector<std::string>& names) {
    OrderRecord record;
    for (const std::string& name : names) record.identifiers.push_back(identifier(name));
    record.thumbprint = Thumbprint(std::string(fakes::example_thumbprint));
    return record;
  }

  // --- what happens

  Action step(const Outcome& outcome) {
    if (const Post* post = std::get_if<Post>(&last_)) last_url_ = url_of(*post);
    last_ = resume(state_, outcome, now_);
    return last_;
  }
  Action start() { return step(Started{}); }
  /// A new run with what was stored; answers that were up are up again.
  Action restart() {
    state_ = OrderState{state_.record};
    const Action first = start();
    return std::holds_alternative<Present>(first) ? step(Presented{}) : first;
  }
  Action reply(const std::string& body, std::vector<HttpHeader> headers = {}, int status = 200) {
    return step(
        Response{*Url::parse(url_of(std::get<Post>(last_))), {status, std::move(headers), body}});
  }
  Action refuse(Error error) { return step(std::move(error)); }
  Action refuse(Errc code, int status = 400) {
    return step(Error{.code = code, .context = {}, .detail = "why", .http_status = status});
  }
  Action elapse() {
    now_ = std::get<Wait>(last_).until;
    return step(Elapsed{});
  }
  Action resume_later() {
    now_ = std::get<Suspend>(last_).until;
    return restart();
  }

  // --- what the authority says

  static std::string order(const std::string& status, const std::string& more = "") {
    return R"({"status":")" + status +
           R"(","authorizations":["/authz/a"],"finalize":"/finalize/1")" + more + "}";
  }
  static std::string order_of_two(const std::string& status) {
    return R"({"status":")" + status +
           R"(","authorizations":["/authz/b","/authz/a"],"finalize":"/finalize/1"})";
  }
  static std::string challenge(const std::string& which, const std::string& status) {
    return R"({"type":"http-01","url":"/chal/)" + which + R"(","status":")" + status +
           R"(","token":")" + (which == "a" ? token_a : token_b) + R"("})";
  }
  static std::string authorization(const std::string& which,
                                   const std::string& status,
                                   const std::string& challenge_status = "pending") {
    return R"({"identifier":{"type":"dns","value":")" + which + R"(.example"},"status":")" +
           status + R"(","challenges":[)" + challenge(which, challenge_status) + "]}";
  }
  static std::string refused(const std::string& which, const std::string& type) {
    return R"({"identifier":{"type":"dns","value":")" + which +
           R"(.example"},"status":"invalid","challenges":[{"type":"http-01","url":"/c","status":)"
           R"("invalid","token":")" +
           token_a + R"(","error":{"type":"urn:ietf:params:acme:error:)" + type +
           R"(","detail":"it did not work"}}]})";
  }
  std::string chain() {
    const auto key = PrivateKey::parse_pem(state_.record.private_key_pem).value();
    fakes::LeafWish wish{{}, now_ - minutes(1), now_ + std::chrono::hours(2000)};
    for (const Identifier& name : state_.record.identifiers) wish.names.push_back(name.value());
    return ca_.issue(key.handle().pkey.get(), wish);
  }

  // --- shortcuts along the good path

  Action make_key() {
    return step(KeyGenerated{
        make_certificate_key(state_.record.key_type, state_.record.identifiers).value()});
  }
  Action place(const std::string& body) {
    start();
    make_key();
    return reply(body, {{"location", origin + "/order/1"}}, 201);
  }
  Action respond_to_one() {
    place(order("pending"));
    reply(authorization("a", "pending"));
    return step(Presented{});
  }
  Action validate_one() {
    respond_to_one();
    return reply(challenge("a", "pending"));
  }
  Action reach_ready() {
    validate_one();
    elapse();
    return reply(order("ready"));
  }
  Action reach_download() {
    reach_ready();
    reply(order("processing"));
    elapse();
    return reply(order("valid", R"(,"certificate":"/cert/1")"));
  }

  // --- what is expected

  static std::string url_of(const Post& post) {
    const Url* url = std::get_if<Url>(&post.target);
    return url == nullptr ? origin + "/new-order" : url->text();
  }
  static std::string posted(const Action& action) {
    const Post* post = std::get_if<Post>(&action);
    return post == nullptr ? "no Post" : url_of(*post) + " " + post->payload;
  }
  static Error reason(const Action& action) { return std::get<Suspend>(action).reason; }
  static Error failure(const Action& action) { return std::get<Failed>(action).error; }
  milliseconds wait_of(const Action& action) const { return std::get<Wait>(action).until - now_; }
  milliseconds pause_of(const Action& action) const {
    return std::get<Suspend>(action).until - now_;
  }
  /// CleanUp, then the end.
  Action cleaned(const Action& action) {
    EXPECT_TRUE(std::holds_alternative<CleanUp>(action));
    return step(CleanedUp{});
  }

  base::WallTime now_ = fakes::FakeClock().wall();
  const fakes::TestCa ca_{now_};
  OrderState state_;
  Action last_ = Wait{now_};
  std::string last_url_;
};

}  // namespace acme

#include "agent/dns/cares_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/dns/lookups.h"
#include "tests/agent/dns/run_awaitable.h"
#include "tests/fakes/fake_dns_server.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using dns::Rcode;
using dns::RecordType;
using fakes::DnsTransport;
using fakes::FakeDnsServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

dns::Name name_of(std::string_view text) {
  return dns::Name::parse(text).value();
}

dns::Record text_record(std::string_view owner, std::string value) {
  return {.owner = name_of(owner),
          .type = RecordType::txt,
          .ttl = 60,
          .data = dns::Text{std::move(value)}};
}

FakeDnsServer::Answer text(std::string value) {
  return [value](const dns::Message& question, dns::Message reply, DnsTransport) {
    reply.answers = {text_record(question.questions.at(0).name.text(), value)};
    return std::optional(reply);
  };
}

FakeDnsServer::Answer rcode(Rcode code) {
  return [code](const dns::Message&, dns::Message reply, DnsTransport) {
    reply.rcode = code;
    return std::optional(reply);
  };
}

class CaresResolverTest : public testing::Test {
 protected:
  void open(const std::vector<std::uint16_t>& ports, std::chrono::milliseconds timeout = 5s) {
    ResolverOptions options{.resolvers = {}, .timeout = timeout, .tries = 2};
    for (const std::uint16_t port : ports) options.resolvers.push_back({"127.0.0.1", port});
    resolver_.emplace(loop_.get_executor(), options);
  }
  auto texts(std::string_view owner) {
    return test::run(loop_, look_up_texts(*resolver_, name_of(owner)));
  }
  auto query(RecordType type = RecordType::txt) {
    return test::run(loop_, resolver_->query({name_of("a.example"), type}));
  }

  base::asio::io_context loop_{1};
  std::optional<CaresResolver> resolver_;
};

TEST_F(CaresResolverTest, AsksOverUdpAndReadsTheAnswer) {
  const FakeDnsServer server(text("hello"));
  open({server.port()});
  EXPECT_THAT(texts("_acme-challenge.a.example").value(), ElementsAre("hello"));
  ASSERT_EQ(server.questions().size(), 1U);
  EXPECT_EQ(server.questions()[0].first, DnsTransport::udp);
  EXPECT_EQ(server.questions()[0].second.name, name_of("_acme-challenge.a.example"));
}

TEST_F(CaresResolverTest, AsksAgainOverTcpWhatIsTruncated) {
  const std::string value(2'000, 'x');
  const FakeDnsServer server(
      [&](const dns::Message& question, dns::Message reply, DnsTransport transport) {
        reply.is_truncated = transport == DnsTransport::udp;
        if (!reply.is_truncated)
          reply.answers = {text_record(question.questions[0].name.text(), value)};
        return std::optional(reply);
      });
  open({server.port()});
  EXPECT_THAT(texts("a.example").value(), ElementsAre(value));
}

TEST_F(CaresResolverTest, AsksAgainWhenAPacketIsLost) {
  int seen = 0;
  const FakeDnsServer server([&](const dns::Message& question,
                                 dns::Message reply,
                                 DnsTransport) -> std::optional<dns::Message> {
    if (++seen == 1) return std::nullopt;
    reply.answers = {text_record(question.questions[0].name.text(), "late")};
    return reply;
  });
  open({server.port()}, 100ms);
  EXPECT_THAT(texts("a.example").value(), ElementsAre("late"));
}

TEST_F(CaresResolverTest, GivesUpOnASilentServer) {
  const FakeDnsServer server(
      [](const dns::Message&, const dns::Message&, DnsTransport) { return std::nullopt; });
  open({server.port()}, 50ms);
  const auto answer = query();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, DnsErrc::transient);
  EXPECT_THAT(answer.error().message, HasSubstr("TXT of a.example at 127.0.0.1:"));
  EXPECT_THAT(answer.error().message, HasSubstr("Timeout"));
  EXPECT_EQ(server.questions().size(), 2U);
}

TEST_F(CaresResolverTest, GoesToTheNextResolverAndStaysThere) {
  const FakeDnsServer broken(rcode(Rcode::server_failure));
  const FakeDnsServer working(text("from the second"));
  open({broken.port(), working.port()});
  EXPECT_THAT(texts("a.example").value(), ElementsAre("from the second"));
  EXPECT_THAT(texts("b.example").value(), ElementsAre("from the second"));
  EXPECT_EQ(broken.questions().size(), 1U);
}

TEST_F(CaresResolverTest, SaysWhatEachResolverSaid) {
  const FakeDnsServer broken(rcode(Rcode::server_failure));
  const FakeDnsServer closed(rcode(Rcode::refused));
  open({broken.port(), closed.port()});
  const auto answer = query();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("the server answers SERVFAIL"));
  EXPECT_THAT(answer.error().message, HasSubstr("the server answers REFUSED"));
}

TEST_F(CaresResolverTest, ANameThatDoesNotExistIsAnAnswer) {
  const FakeDnsServer server(rcode(Rcode::no_such_name));
  open({server.port()});
  EXPECT_FALSE(query().value().name_exists());
  EXPECT_TRUE(texts("a.example").value().empty());
}

TEST_F(CaresResolverTest, NobodyListeningIsSaidAtOnce) {
  const fakes::ClosedPort closed;
  open({closed.port()}, 20s);
  EXPECT_FALSE(query());
}

TEST_F(CaresResolverTest, WithoutRecursionAtOneServer) {
  const FakeDnsServer server(text("here"));
  open({});
  const DnsServer at{"127.0.0.1", server.port()};
  const auto answer =
      test::run(loop_, resolver_->query_at(at, {name_of("a.example"), RecordType::txt}));
  EXPECT_EQ(answer.value().message.answers.at(0).data, dns::RecordData(dns::Text{"here"}));
  EXPECT_EQ(answer.value().server, at);
}

base::asio::awaitable<void> count_answer(CaresResolver& resolver, std::string owner, int& count) {
  const auto found = co_await look_up_texts(resolver, name_of(owner));
  if (found && found->size() == 1) ++count;
}

TEST_F(CaresResolverTest, AsksManyQuestionsAtATime) {
  const FakeDnsServer server(text("x"));
  open({server.port()});
  int answered = 0;
  for (int i = 0; i < 200; ++i) {
    base::asio::co_spawn(loop_,
                         count_answer(*resolver_, "n" + std::to_string(i) + ".example", answered),
                         [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  }
  loop_.run_for(30s);  // and ends by itself: nothing waits when all is answered
  EXPECT_EQ(answered, 200);
}

TEST_F(CaresResolverTest, QuestionsUnderWayMayEndWithTheLoop) {
  const FakeDnsServer server(
      [](const dns::Message&, const dns::Message&, DnsTransport) { return std::nullopt; });
  int answered = 0;
  {
    base::asio::io_context loop{1};
    CaresResolver resolver(loop.get_executor(),
                           {.resolvers = {{"127.0.0.1", server.port()}}, .timeout = 20s});
    base::asio::co_spawn(
        loop, count_answer(resolver, "a.example", answered), [](const std::exception_ptr&) {});
    loop.run_for(20ms);
  }
  EXPECT_EQ(answered, 0);
}

}  // namespace
}  // namespace agent

#include "agent/lookup/spop_answers.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spop/action_reader.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/spop/count_allocations.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using spop::ArgumentView;
using spop::MessageView;
using spop::NotifyView;
using spop::TypedData;

const std::string thumbprint(43, 'T');
const std::string prefix = "/.well-known/acme-challenge/";

class NoDeferral final : public spop::Deferral {
 public:
  std::optional<spop::Ticket> defer() override {
    ADD_FAILURE() << "deferred";
    return std::nullopt;
  }
};

/// One message, and all that its views are of.
class Message {
 public:
  Message(std::string name, std::vector<ArgumentView> arguments)
      : name_(std::move(name)), arguments_(std::move(arguments)) {}
  MessageView view() const { return {name_, arguments_}; }

 private:
  std::string name_;
  std::vector<ArgumentView> arguments_;
};

/// `cert_state=ready https_redirect=true`, sorted; checks that all of it is in scope txn.
std::string to_text(std::span<const std::byte> actions) {
  std::map<std::string, std::string> variables;
  spop::ActionReader reader(actions);
  while (const auto action = reader.next()) {
    EXPECT_EQ(action->type, spop::ActionType::set_var);
    EXPECT_EQ(action->scope, spop::Scope::transaction);
    const auto boolean = action->value.as_bool();
    const auto text = action->value.as_string();
    EXPECT_TRUE(boolean || text);
    variables[std::string(action->name)] =
        text ? std::string(*text) : std::string(*boolean ? "true" : "false");
  }
  EXPECT_FALSE(reader.failed());
  std::string all;
  for (const auto& [name, value] : variables) all += (all.empty() ? "" : " ") + name + "=" + value;
  return all;
}

std::string status(const std::string& state, bool redirect = false) {
  return std::string("cert_present=") + (state == "ready" ? "true" : "false") +
         " cert_state=" + state + " https_redirect=" + (redirect ? "true" : "false");
}

class SpopAnswersTest : public testing::Test {
 protected:
  SpopAnswersTest() {
    const base::WallTime soon = clock_.wall() + 1h;
    lookup_.put("ready.example", {.served_until = soon});
    lookup_.put("redirect.example", {.https_redirect = HttpsRedirect::on, .served_until = soon});
    lookup_.put("pending.example", {.https_redirect = HttpsRedirect::on});
    lookup_.put("off.example", {.mode = HostnameMode::off});
    lookup_.put("*.wild.example", {.https_redirect = HttpsRedirect::on, .served_until = soon});
    EXPECT_TRUE(lookup_.publish_challenge("token", "token." + thumbprint));
  }

  /// The answer to a NOTIFY, as a worker asks for it.
  std::string ask(const std::vector<Message>& messages, bool prefetch = true) {
    std::vector<MessageView> views;
    for (const Message& message : messages) views.push_back(message.view());
    NotifyView notify{spop::StreamId(1), spop::FrameId(1), views};
    if (prefetch) answers_.prefetch({&notify, 1});
    spop::ByteBuffer output;
    spop::ActionWriter actions(output);
    NoDeferral deferral;
    answers_.answer(notify, actions, deferral);
    return to_text(output.bytes());
  }

  std::string ask(const std::string& name, std::vector<ArgumentView> arguments) {
    const std::vector<Message> messages{Message(name, std::move(arguments))};
    const std::string answer = ask(messages);
    EXPECT_EQ(ask(messages, false), answer);
    return answer;
  }

  /// In a heap block of its exact size, so that a sanitizer sees a read past its end.
  std::string ask_for_path(std::string_view path) {
    const auto block = std::make_unique<char[]>(path.size());
    std::copy(path.begin(), path.end(), block.get());
    const auto value = TypedData::string({block.get(), path.size()});
    return ask("acme-challenge", {{"host", TypedData::string("a.example")}, {"path", value}});
  }
  std::string ask_for_host(std::string_view host) {
    const auto block = std::make_unique<char[]>(host.size());
    std::copy(host.begin(), host.end(), block.get());
    return ask("tls-status", {{"host", TypedData::string({block.get(), host.size()})}});
  }

  fakes::FakeRandom random_;
  fakes::FakeClock clock_;
  Lookup lookup_{random_};
  SpopAnswers answers_{lookup_, clock_};
};

/// NOTIFYs of one message, asked as one batch; the answers in order.
std::vector<std::string> ask_batch(spop::Handler& handler, const std::vector<Message>& messages) {
  std::vector<MessageView> views;
  for (const Message& message : messages) views.push_back(message.view());
  std::vector<NotifyView> notifies;
  for (const MessageView& view : views) {
    notifies.push_back({spop::StreamId(1), spop::FrameId(1), {&view, 1}});
  }
  handler.prefetch(notifies);
  std::vector<std::string> answers;
  NoDeferral deferral;
  for (const NotifyView& notify : notifies) {
    spop::ByteBuffer output;
    spop::ActionWriter actions(output);
    handler.answer(notify, actions, deferral);
    answers.push_back(to_text(output.bytes()));
  }
  return answers;
}

TEST_F(SpopAnswersTest, GivesTheKeyAuthorizationOfATokenThatIsOurs) {
  EXPECT_EQ(ask_for_path(prefix + "token"), "key_auth=token." + thumbprint);
}

TEST_F(SpopAnswersTest, LeavesAForeignTokenToTheApplication) {
  EXPECT_EQ(ask_for_path(prefix + "another"), "challenge_miss=true");
  lookup_.withdraw_challenge("token");
  EXPECT_EQ(ask_for_path(prefix + "token"), "challenge_miss=true");
}

TEST_F(SpopAnswersTest, LeavesTheChallengePathOfAHostnameAlone) {
  const auto ask_at = [&](std::string_view host) {
    const std::string text = prefix + "token";
    return ask("acme-challenge",
               {{"host", TypedData::string(host)}, {"path", TypedData::string(text)}});
  };
  lookup_.put("mine.example", {.challenge_path = ChallengePath::left_alone});
  EXPECT_EQ(ask_at("MINE.example:80"), "challenge_miss=true");
  EXPECT_EQ(ask_at("a.mine.example"), "key_auth=token." + thumbprint);
  EXPECT_EQ(ask_at("ready.example"), "key_auth=token." + thumbprint);
  EXPECT_EQ(ask_for_host("mine.example"), status("pending"));
  lookup_.put("mine.example", {});
  EXPECT_EQ(ask_at("mine.example"), "key_auth=token." + thumbprint);
}

TEST_F(SpopAnswersTest, LeavesAFrontendAlone) {
  SpopAnswers answers(lookup_, clock_, {.frontends_left_alone = {"mail", "legacy-in"}});
  const std::string path = prefix + "token";
  const auto challenge = [&path](const char* frontend) {
    std::vector<ArgumentView> arguments = {{"path", TypedData::string(path)}};
    if (frontend != nullptr) arguments.push_back({"fe_name", TypedData::string(frontend)});
    return Message("acme-challenge", std::move(arguments));
  };
  const std::string ours = "key_auth=token." + thumbprint;
  EXPECT_THAT(ask_batch(answers,
                        {challenge("legacy-in"),
                         challenge("http-in"),
                         challenge("legacy"),
                         challenge(nullptr),
                         challenge("mail")}),
              testing::ElementsAre("challenge_miss=true", ours, ours, ours, "challenge_miss=true"));
  EXPECT_THAT(ask_batch(answers_, {challenge("mail")}), testing::ElementsAre(ours));
}

TEST_F(SpopAnswersTest, GivesKeyAuthorizationsOfTokensOfEveryLength) {
  for (std::size_t length = 1; length <= TokenIndex::max_token; ++length) {
    const std::string token(length, 'a');
    ASSERT_TRUE(lookup_.publish_challenge(token, token + "." + thumbprint));
    ASSERT_EQ(ask_for_path(prefix + token), "key_auth=" + token + "." + thumbprint);
  }
  const std::string too_long(TokenIndex::max_token + 1, 'a');
  EXPECT_EQ(ask_for_path(prefix + too_long), "challenge_miss=true");
}

TEST_F(SpopAnswersTest, TakesNoOtherPathForAChallenges) {
  for (const std::string& path : {std::string(),
                                  std::string("/"),
                                  prefix,
                                  prefix.substr(0, prefix.size() - 1),
                                  prefix + "token/",
                                  prefix + "/token",
                                  prefix + "token?x",
                                  prefix + "token ",
                                  prefix + "Token",
                                  prefix + "toke",
                                  prefix + "token" + std::string(1, '\0'),
                                  prefix + "../acme-challenge/token",
                                  "/" + prefix + "token",
                                  std::string("/.well-known/ACME-challenge/token"),
                                  prefix + std::string(8192, 'a')}) {
    EXPECT_EQ(ask_for_path(path), "challenge_miss=true") << path;
  }
}

TEST_F(SpopAnswersTest, NotesNowAndThenWhichHostWasAskedFor) {
  const auto samples = [this] {
    std::vector<std::string> hosts;
    answers_.take_samples([&hosts](std::string_view host) { hosts.emplace_back(host); });
    return hosts;
  };
  ask_for_host("READY.example:80");
  ask_for_host("off.example");  // too soon
  EXPECT_EQ(samples(), std::vector<std::string>{"READY.example:80"});
  clock_.advance(SpopAnswers::between_samples);
  ask_for_path(prefix + "token");  // says nothing of traffic
  ask_for_host("other.example");
  EXPECT_EQ(samples(), std::vector<std::string>{"other.example"});
  clock_.jump(-24h);
  ask_for_host("off.example");
  EXPECT_EQ(samples(), std::vector<std::string>{"off.example"});
  EXPECT_TRUE(samples().empty());
}

TEST_F(SpopAnswersTest, KeepsNamesThatNobodyKnowsOnlyIfItIsToldTo) {
  const auto ask_all = [](SpopAnswers& answers) {
    std::vector<Message> messages;
    for (const char* host : {"Unknown.example:80",
                             "ready.example",
                             "pending.example",
                             "off.example",
                             "a.wild.example",
                             "[::1]",
                             "unknown.example"}) {
      messages.emplace_back("tls-status",
                            std::vector<ArgumentView>{{"host", TypedData::string(host)}});
    }
    messages.emplace_back("sni-status",
                          std::vector<ArgumentView>{{"sni", TypedData::string("sni.example.")}});
    ask_batch(answers, messages);
    std::vector<std::string> unknown;
    answers.take_unknown([&unknown](std::string_view name) { unknown.emplace_back(name); });
    return unknown;
  };
  EXPECT_TRUE(ask_all(answers_).empty());
  SpopAnswers keeping(lookup_, clock_, {SpopAnswers::Unknown::kept});
  const std::vector<std::string> expected{"unknown.example", "sni.example"};
  EXPECT_EQ(ask_all(keeping), expected);
  EXPECT_EQ(ask_all(keeping), expected) << "asked for again after they were taken";
}

TEST_F(SpopAnswersTest, CountsUnknownNamesForWhichThereIsNoSpace) {
  SpopAnswers keeping(lookup_, clock_, {SpopAnswers::Unknown::kept});
  for (std::size_t i = 0; i < HostRing::capacity + 3; ++i) {
    const std::string host = "n" + std::to_string(i) + ".example";
    ask_batch(keeping, {Message("tls-status", {{"host", TypedData::string(host)}})});
  }
  EXPECT_EQ(keeping.unknown_dropped(), 3u);
}

TEST_F(SpopAnswersTest, TellsAHostsStatus) {
  EXPECT_EQ(ask_for_host("ready.example"), status("ready"));
  EXPECT_EQ(ask_for_host("redirect.example"), status("ready", true));
  EXPECT_EQ(ask_for_host("pending.example"), status("pending"));
  EXPECT_EQ(ask_for_host("off.example"), status("disabled"));
  EXPECT_EQ(ask_for_host("other.example"), status("none"));
  EXPECT_EQ(ask_for_host("a.wild.example"), status("ready", true));
  clock_.advance(1h);
  EXPECT_EQ(ask_for_host("redirect.example"), status("expired"));
}

TEST_F(SpopAnswersTest, TakesTheHostAsAClientSendsIt) {
  EXPECT_EQ(ask_for_host("Redirect.EXAMPLE.:8080"), status("ready", true));
  EXPECT_EQ(ask_for_host("A.Wild.Example:80"), status("ready", true));
  for (const std::string& host : {std::string(),
                                  std::string("[::1]:80"),
                                  std::string("../../etc/passwd"),
                                  std::string("*.wild.example"),
                                  std::string("ready.example\0", 14),
                                  std::string(300, 'a'),
                                  std::string(8192, '.')}) {
    EXPECT_EQ(ask_for_host(host), status("none")) << host;
  }
}

TEST_F(SpopAnswersTest, TellsTheStatusOfAServerNameAlike) {
  EXPECT_EQ(ask("sni-status", {{"sni", TypedData::string("redirect.example")}}),
            status("ready", true));
  EXPECT_EQ(ask("sni-status", {{"host", TypedData::string("redirect.example")}}), status("none"));
}

TEST_F(SpopAnswersTest, AnswersMissingAndOddArgumentsHarmlessly) {
  const std::byte address[16] = {};
  const TypedData odd[] = {TypedData(),
                           TypedData::boolean(true),
                           TypedData::int64(-1),
                           TypedData::ipv4(std::span<const std::byte, 4>(address, 4)),
                           TypedData::ipv6(address),
                           TypedData::binary(std::as_bytes(std::span("ready.example")))};
  for (const TypedData& value : odd) {
    EXPECT_EQ(ask("acme-challenge", {{"path", value}}), "challenge_miss=true");
    EXPECT_EQ(ask("tls-status", {{"host", value}}), status("none"));
    EXPECT_EQ(ask("sni-status", {{"sni", value}}), status("none"));
  }
  EXPECT_EQ(ask("acme-challenge", {}), "challenge_miss=true");
  EXPECT_EQ(ask("tls-status", {}), status("none"));
  EXPECT_EQ(ask("sni-status", {}), status("none"));
}

TEST_F(SpopAnswersTest, IgnoresArgumentsItDoesNotKnow) {
  EXPECT_EQ(ask("tls-status",
                {{"", TypedData::string("x")},
                 {"other", TypedData::int64(1)},
                 {"host", TypedData::string("ready.example")}}),
            status("ready"));
}

TEST_F(SpopAnswersTest, SetsNothingForAMessageItDoesNotKnow) {
  EXPECT_EQ(ask("other", {{"host", TypedData::string("ready.example")}}), "");
  EXPECT_EQ(ask("", {}), "");
  EXPECT_EQ(ask({}), "");
}

TEST_F(SpopAnswersTest, AnswersEveryMessageOfANotify) {
  const std::string path = prefix + "token";
  EXPECT_EQ(ask({Message("other", {}),
                 Message("acme-challenge", {{"path", TypedData::string(path)}}),
                 Message("tls-status", {{"host", TypedData::string("ready.example")}})}),
            status("ready") + " key_auth=token." + thumbprint);
}

TEST_F(SpopAnswersTest, AnswersANotifyOfMoreMessagesThanAPrefetchTakesBesideOthers) {
  const Message off("tls-status", {{"host", TypedData::string("off.example")}});
  const Message ready("tls-status", {{"host", TypedData::string("ready.example")}});
  const std::vector<MessageView> many(1000, off.view());
  const MessageView one = ready.view();
  std::array<NotifyView, 2> notifies = {NotifyView{spop::StreamId(1), spop::FrameId(1), many},
                                        NotifyView{spop::StreamId(1), spop::FrameId(2), {&one, 1}}};
  answers_.prefetch(notifies);
  NoDeferral deferral;
  std::array<spop::ByteBuffer, 2> outputs;
  for (std::size_t i = 0; i < notifies.size(); ++i) {
    spop::ActionWriter actions(outputs[i]);
    answers_.answer(notifies[i], actions, deferral);
  }
  EXPECT_EQ(to_text(outputs[0].bytes()), status("disabled"));
  EXPECT_EQ(to_text(outputs[1].bytes()), status("ready"));
}

TEST_F(SpopAnswersTest, AnswersBatchesOfAnySize) {
  const std::string path = prefix + "token";
  const Message kinds[] = {
      Message("acme-challenge", {{"path", TypedData::string(path)}}),
      Message("tls-status", {{"host", TypedData::string("redirect.example")}}),
      Message("other", {}),
      Message("sni-status", {{"sni", TypedData::string("off.example")}}),
  };
  const std::string expected[] = {
      "key_auth=token." + thumbprint, status("ready", true), "", status("disabled")};
  for (const std::size_t size : {0U, 1U, 2U, 64U, 128U, 129U, 1000U}) {
    std::vector<Message> messages;
    for (std::size_t i = 0; i < size; ++i) messages.push_back(kinds[i % 4]);
    const std::vector<std::string> answers = ask_batch(answers_, messages);
    ASSERT_EQ(answers.size(), size);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(answers[i], expected[i % 4]) << i;
  }
}

TEST_F(SpopAnswersTest, SeesWhatChangesBetweenPrefetchAndAnswer) {
  const Message message("tls-status", {{"host", TypedData::string("new.example")}});
  const MessageView view = message.view();
  NotifyView notify{spop::StreamId(1), spop::FrameId(1), {&view, 1}};
  answers_.prefetch({&notify, 1});
  for (int i = 0; i < 5'000; ++i) lookup_.put("n" + std::to_string(i) + ".example", {});
  lookup_.put("new.example", {});
  spop::ByteBuffer output;
  spop::ActionWriter actions(output);
  NoDeferral deferral;
  answers_.answer(notify, actions, deferral);
  EXPECT_EQ(to_text(output.bytes()), status("pending"));
}

TEST_F(SpopAnswersTest, CountsMessagesByKindAndOutcome) {
  const auto host = [this](const char* text) {
    return ask({Message("tls-status", {{"host", TypedData::string(text)}})});
  };
  for (const char* text : {"ready.example", "redirect.example", "off.example", "x", "[::1]"}) {
    host(text);
  }
  ask({Message("sni-status", {{"sni", TypedData::string("pending.example")}})});
  ask({Message("sni-status", {})});
  const std::string ours = prefix + "token";
  const std::string foreign = prefix + "foreign";
  ask({Message("acme-challenge", {{"path", TypedData::string(ours)}})});
  ask({Message("acme-challenge", {{"path", TypedData::string(foreign)}})});
  ask({Message("acme-challenge", {{"path", TypedData::string("/")}})});
  ask({Message("other", {}), Message("another", {})});

  const AnswerCounts counts = answers_.counts();
  EXPECT_EQ(counts.tls_status.of(CertState::ready), 2U);
  EXPECT_EQ(counts.tls_status.of(CertState::disabled), 1U);
  EXPECT_EQ(counts.tls_status.of(CertState::none), 1U);
  EXPECT_EQ(counts.tls_status.of(CertState::pending), 0U);
  EXPECT_EQ(counts.tls_status.unusable, 1U);
  EXPECT_EQ(counts.sni_status.of(CertState::pending), 1U);
  EXPECT_EQ(counts.sni_status.of(CertState::none), 0U);
  EXPECT_EQ(counts.sni_status.unusable, 1U);
  EXPECT_EQ(counts.challenge.answered, 1U);
  EXPECT_EQ(counts.challenge.missed, 1U);
  EXPECT_EQ(counts.challenge.unusable, 1U);
  EXPECT_EQ(counts.unknown_messages, 2U);
}

TEST_F(SpopAnswersTest, AllocatesNothingForAnAnswer) {
  const std::string ours = prefix + "token";
  const std::string foreign = prefix + "foreign";
  const std::string longest(253, 'a');
  const Message messages[] = {
      Message("acme-challenge", {{"path", TypedData::string(ours)}}),
      Message("acme-challenge", {{"path", TypedData::string(foreign)}}),
      Message("tls-status", {{"host", TypedData::string("Redirect.Example:80")}}),
      Message("tls-status", {{"host", TypedData::string("a.wild.example")}}),
      Message("tls-status", {{"host", TypedData::string(longest)}}),
      Message("sni-status", {{"sni", TypedData::string("pending.example")}}),
      Message("other", {}),
  };
  std::vector<MessageView> views;
  for (const Message& message : messages) views.push_back(message.view());
  std::vector<NotifyView> notifies(100, {spop::StreamId(1), spop::FrameId(1), views});
  SpopAnswers keeping(lookup_, clock_, {SpopAnswers::Unknown::kept});
  const std::array<SpopAnswers*, 2> all = {&answers_, &keeping};
  spop::ByteBuffer output;
  NoDeferral deferral;
  const auto answer_all = [&] {
    for (SpopAnswers* const answers : all) {
      answers->prefetch(notifies);
      for (const NotifyView& notify : notifies) {
        spop::ActionWriter actions(output);
        answers->answer(notify, actions, deferral);
      }
      answers->take_unknown([](std::string_view) {});
      output.clear();
    }
  };
  answer_all();  // the buffer grows, and the thread gets its counters
  const std::size_t before = spop_tests::allocations;
  for (int i = 0; i < 10; ++i) answer_all();
  EXPECT_EQ(spop_tests::allocations - before, 0U);
}

TEST_F(SpopAnswersTest, ServesSeveralWorkersWhileTheTablesChange) {
  constexpr int rounds = 300;
  const std::string path = prefix + "token";
  const std::vector<Message> messages(
      64, Message("tls-status", {{"host", TypedData::string("redirect.example")}}));
  const std::vector<Message> challenges(
      64, Message("acme-challenge", {{"path", TypedData::string(path)}}));
  const auto work = [&] {
    for (int i = 0; i < rounds; ++i) {
      for (const auto& answer : ask_batch(answers_, messages)) {
        EXPECT_EQ(answer, status("ready", true));
      }
      for (const auto& answer : ask_batch(answers_, challenges)) {
        EXPECT_EQ(answer, "key_auth=token." + thumbprint);
      }
    }
  };
  std::thread first(work);
  std::thread second(work);
  for (int i = 0; i < 20'000; ++i) {
    lookup_.put("n" + std::to_string(i) + ".example", {});
    const std::string token = "t" + std::to_string(i);
    EXPECT_TRUE(lookup_.publish_challenge(token, token + "." + thumbprint));
    if (i % 100 == 0) answers_.counts();
  }
  first.join();
  second.join();
  EXPECT_EQ(answers_.counts().tls_status.of(CertState::ready), 2U * rounds * 64);
  EXPECT_EQ(answers_.counts().challenge.answered, 2U * rounds * 64);
}

}  // namespace
}  // namespace agent

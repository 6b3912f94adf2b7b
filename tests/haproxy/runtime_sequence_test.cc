#include "haproxy/runtime_sequence.h"

#include <functional>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/haproxy/fake_haproxy.h"
#include "tests/haproxy/runtime_fixtures.h"

namespace haproxy {
namespace {

using test::certificate_name;
using test::FakeHaproxy;
using test::list_name;
using ::testing::ElementsAre;

const CertificateName f = certificate_name("/d/F.pem");
const CrtListName l = list_name(FakeHaproxy::list);
const PemBundle first = test::pem("bundle.pem");
const PemBundle renewed = test::pem("renewed.pem");

/// What one run of a sequence did.
struct Trace {
  std::vector<std::string> lines;  ///< commands and `wait N`
  std::optional<RuntimeError> failure;
};

/// Answers instead of HAProxy, counted from 0; nullopt lets it answer itself.
using Interference = std::function<std::optional<RuntimeError>(std::size_t step)>;

Trace run(Sequence& sequence, FakeHaproxy& haproxy, const Interference& interfere = {}) {
  Trace trace;
  std::size_t commands = 0;
  Step step = sequence.resume(Started{});
  while (trace.lines.size() < 200) {
    if (const auto* failed = std::get_if<Failed>(&step)) {
      trace.failure = failed->error;
      return trace;
    }
    if (std::holds_alternative<Succeeded>(step)) return trace;
    if (const auto* wait = std::get_if<Wait>(&step)) {
      trace.lines.push_back("wait " + std::to_string(wait->time.count()));
      step = sequence.resume(Elapsed{});
      continue;
    }
    const auto& command = std::get<Command>(step);
    trace.lines.push_back(to_string(command));
    auto instead = interfere ? interfere(commands) : std::nullopt;
    ++commands;
    CommandOutcome outcome =
        instead ? CommandOutcome(base::Unexpected(*instead)) : haproxy.execute(command);
    step = sequence.resume(std::move(outcome));
  }
  ADD_FAILURE() << "the sequence does not end";
  return trace;
}

Interference at(std::size_t step, Errc code) {
  return [=](std::size_t now) {
    return now == step ? std::optional(RuntimeError{code, "injected"}) : std::nullopt;
  };
}

FakeHaproxy with(const PemBundle& pem, std::vector<std::string> entries) {
  FakeHaproxy haproxy;
  haproxy.certificates[f.text()] = pem.text();
  haproxy.entries = std::move(entries);
  return haproxy;
}

// AddCertificate

TEST(AddCertificate, MakesSetsCommitsAndLists) {
  FakeHaproxy haproxy;
  AddCertificate add(l, CrtListLine(f), first);
  const Trace trace = run(add, haproxy);
  EXPECT_THAT(trace.lines,
              ElementsAre("new ssl cert /d/F.pem",
                          "set ssl cert /d/F.pem <<",
                          "commit ssl cert /d/F.pem",
                          "add ssl crt-list /d/L /d/F.pem"));
  EXPECT_FALSE(trace.failure);
  EXPECT_EQ(haproxy, with(first, {f.text()}));
}

TEST(AddCertificate, RenewsAndListsOneThatIsLoadedButUnused) {
  FakeHaproxy haproxy = with(first, {});
  AddCertificate add(l, CrtListLine(f), renewed);
  const Trace trace = run(add, haproxy);
  EXPECT_THAT(trace.lines,
              ElementsAre("new ssl cert /d/F.pem",
                          "set ssl cert /d/F.pem <<",
                          "commit ssl cert /d/F.pem",
                          "show ssl cert /d/F.pem",
                          "add ssl crt-list /d/L /d/F.pem"));
  EXPECT_EQ(haproxy, with(renewed, {f.text()}));
}

TEST(AddCertificate, DoesNotListOneThatIsListedASecondTime) {
  FakeHaproxy haproxy = with(first, {f.text()});
  AddCertificate add(l, CrtListLine(f), renewed);
  const Trace trace = run(add, haproxy);
  EXPECT_EQ(trace.lines.back(), "show ssl crt-list -n /d/L");
  EXPECT_FALSE(trace.failure);
  EXPECT_EQ(haproxy, with(renewed, {f.text()}));
}

TEST(AddCertificate, ListsOneThatOnlyAnotherListHas) {
  FakeHaproxy haproxy = with(first, {});
  AddCertificate add(l, CrtListLine(f), renewed);
  const Trace trace = run(add, haproxy, [&](std::size_t step) {
    // Used, but not by our list: the fake's list gets the entry back after the look.
    if (step == 3) haproxy.entries = {f.text()};
    if (step == 4) haproxy.entries = {};
    return std::nullopt;
  });
  EXPECT_EQ(trace.lines.back(), "add ssl crt-list /d/L /d/F.pem");
  EXPECT_EQ(haproxy, with(renewed, {f.text()}));
}

TEST(AddCertificate, LeavesNothingBehindWhicheverStepFails) {
  for (std::size_t step = 0; step < 4; ++step) {
    FakeHaproxy haproxy;
    AddCertificate add(l, CrtListLine(f), first);
    const Trace trace = run(add, haproxy, at(step, Errc::commit_failed));
    ASSERT_TRUE(trace.failure) << step;
    EXPECT_EQ(trace.failure->code, Errc::commit_failed);
    EXPECT_EQ(haproxy, FakeHaproxy()) << step;
  }
}

TEST(AddCertificate, LeavesAnExistingOneInPlaceWhicheverStepFails) {
  for (std::size_t step = 0; step < 5; ++step) {
    FakeHaproxy haproxy = with(first, {f.text()});
    AddCertificate add(l, CrtListLine(f), renewed);
    const Trace trace = run(add, haproxy, at(step, Errc::commit_failed));
    ASSERT_TRUE(trace.failure) << step;
    EXPECT_EQ(haproxy, with(step < 3 ? first : renewed, {f.text()})) << step;
  }
}

TEST(AddCertificate, SaysWhatFailedAndNotHowTheCleanUpWent) {
  FakeHaproxy haproxy;
  AddCertificate add(l, CrtListLine(f), first);
  const Trace trace = run(add, haproxy, [](std::size_t step) -> std::optional<RuntimeError> {
    if (step == 2) return RuntimeError{Errc::key_mismatch, "the cause"};
    if (step > 2) return RuntimeError{Errc::permission_denied, "of the clean-up"};
    return std::nullopt;
  });
  EXPECT_EQ(trace.failure->code, Errc::key_mismatch);
  EXPECT_THAT(trace.lines,
              ElementsAre("new ssl cert /d/F.pem",
                          "set ssl cert /d/F.pem <<",
                          "commit ssl cert /d/F.pem",
                          "abort ssl cert /d/F.pem",
                          "del ssl cert /d/F.pem"));
}

TEST(AddCertificate, FailsWithoutCleanUpWhenTheListIsUnknown) {
  FakeHaproxy haproxy;
  AddCertificate add(list_name("/d/other"), CrtListLine(f), first);
  const Trace trace = run(add, haproxy);
  EXPECT_EQ(trace.failure->code, Errc::list_not_found);
  EXPECT_EQ(trace.lines.back(), "del ssl cert /d/F.pem");
  EXPECT_EQ(haproxy, FakeHaproxy());
}

TEST(AddCertificate, AbortsTheTransactionThatItsPayloadSpoilt) {
  FakeHaproxy haproxy;
  haproxy.certificates["/d/G.pem"] = "old";
  const FakeHaproxy before = haproxy;
  haproxy.transaction = {"/d/G.pem", "new"};
  AddCertificate add(l, CrtListLine(f), first);
  const Trace trace = run(add, haproxy);
  EXPECT_EQ(trace.failure->code, Errc::misdirected);
  EXPECT_THAT(trace.lines,
              ElementsAre("new ssl cert /d/F.pem",
                          "set ssl cert /d/F.pem <<",
                          "abort ssl cert /d/G.pem",
                          "del ssl cert /d/F.pem"));
  EXPECT_EQ(haproxy, before);
}

// RenewCertificate

TEST(RenewCertificate, SetsAndCommitsUnderTheSameName) {
  FakeHaproxy haproxy = with(first, {f.text()});
  RenewCertificate renew(f, renewed);
  EXPECT_THAT(run(renew, haproxy).lines,
              ElementsAre("set ssl cert /d/F.pem <<", "commit ssl cert /d/F.pem"));
  EXPECT_EQ(haproxy, with(renewed, {f.text()}));
}

TEST(RenewCertificate, LeavesTheOldOneWhicheverStepFails) {
  for (std::size_t step = 0; step < 2; ++step) {
    FakeHaproxy haproxy = with(first, {f.text()});
    RenewCertificate renew(f, renewed);
    const Trace trace = run(renew, haproxy, at(step, Errc::key_mismatch));
    ASSERT_TRUE(trace.failure);
    EXPECT_EQ(trace.lines.back(), "abort ssl cert /d/F.pem");
    EXPECT_EQ(haproxy, with(first, {f.text()})) << step;
  }
}

TEST(RenewCertificate, SaysThatThereIsNothingToRenew) {
  FakeHaproxy haproxy;
  RenewCertificate renew(f, renewed);
  EXPECT_EQ(run(renew, haproxy).failure->code, Errc::not_found);
  EXPECT_EQ(haproxy, FakeHaproxy());
}

TEST(RenewCertificate, AbortsTheTransactionThatItsPayloadSpoilt) {
  FakeHaproxy haproxy = with(first, {});
  haproxy.transaction = {"/d/G.pem", "new"};
  RenewCertificate renew(f, renewed);
  EXPECT_EQ(run(renew, haproxy).lines.back(), "abort ssl cert /d/G.pem");
  EXPECT_EQ(haproxy, with(first, {}));
}

// RemoveCertificate

TEST(RemoveCertificate, TakesTheEntryOutBeforeTheCertificate) {
  FakeHaproxy haproxy = with(first, {f.text()});
  RemoveCertificate remove(l, f);
  EXPECT_THAT(run(remove, haproxy).lines,
              ElementsAre("del ssl crt-list /d/L /d/F.pem", "del ssl cert /d/F.pem"));
  EXPECT_TRUE(haproxy.certificates.empty());
}

TEST(RemoveCertificate, TakesEveryEntryOut) {
  FakeHaproxy haproxy = with(first, {f.text(), "/d/G.pem", f.text(), f.text()});
  RemoveCertificate remove(l, f);
  const Trace trace = run(remove, haproxy);
  EXPECT_FALSE(trace.failure);
  EXPECT_THAT(trace.lines,
              ElementsAre("del ssl crt-list /d/L /d/F.pem",
                          "del ssl crt-list /d/L /d/F.pem:4",
                          "del ssl crt-list /d/L /d/F.pem:3",
                          "del ssl crt-list /d/L /d/F.pem:1",
                          "del ssl cert /d/F.pem"));
  EXPECT_THAT(haproxy.entries, ElementsAre("", "/d/G.pem", "", ""));
}

TEST(RemoveCertificate, MayBeRunAgainAtWhateverStepItStopped) {
  for (std::size_t step = 0; step < 2; ++step) {
    FakeHaproxy haproxy = with(first, {f.text()});
    RemoveCertificate interrupted(l, f);
    EXPECT_TRUE(run(interrupted, haproxy, at(step, Errc::connection_closed)).failure);
    RemoveCertificate again(l, f);
    EXPECT_FALSE(run(again, haproxy).failure);
    EXPECT_TRUE(haproxy.certificates.empty());
  }
  FakeHaproxy haproxy;
  RemoveCertificate nothing(l, f);
  EXPECT_FALSE(run(nothing, haproxy).failure);
}

TEST(RemoveCertificate, LeavesOneThatMayNotGo) {
  for (const Errc code :
       {Errc::default_certificate, Errc::list_not_found, Errc::permission_denied}) {
    FakeHaproxy haproxy = with(first, {f.text()});
    RemoveCertificate remove(l, f);
    const Trace trace = run(remove, haproxy, at(0, code));
    EXPECT_EQ(trace.failure->code, code);
    EXPECT_EQ(trace.lines.size(), 1u);
  }
  FakeHaproxy haproxy = with(first, {f.text()});
  RemoveCertificate remove(l, f);
  EXPECT_EQ(run(remove, haproxy, at(1, Errc::in_use)).failure->code, Errc::in_use);
}

TEST(RemoveCertificate, AbortsATransactionForTheCertificateOnce) {
  FakeHaproxy haproxy = with(first, {f.text()});
  haproxy.transaction = {f.text(), "half"};
  RemoveCertificate remove(l, f);
  const Trace trace = run(remove, haproxy);
  EXPECT_FALSE(trace.failure);
  EXPECT_THAT(trace.lines,
              ElementsAre("del ssl crt-list /d/L /d/F.pem",
                          "del ssl cert /d/F.pem",
                          "abort ssl cert /d/F.pem",
                          "del ssl cert /d/F.pem"));
  RemoveCertificate endless(l, f);
  FakeHaproxy other = with(first, {f.text()});
  const Trace refused = run(endless, other, [](std::size_t step) {
    return step == 1 || step == 3 ? std::optional(RuntimeError{Errc::transaction_open, ""})
                                  : std::nullopt;
  });
  EXPECT_EQ(refused.failure->code, Errc::transaction_open);
}

// SessionStart

TEST(SessionStart, LearnsTheProcessAndWhatIsLoaded) {
  FakeHaproxy haproxy = with(first, {});
  SessionStart start;
  const Trace trace = run(start, haproxy);
  EXPECT_THAT(trace.lines, ElementsAre("prompt", "show info", "show ssl cert"));
  EXPECT_EQ(start.process().pid, 7);
  EXPECT_EQ(start.process().version, (Version{2, 6, 12}));
  EXPECT_THAT(start.certificates().names, ElementsAre(f.text()));
}

TEST(SessionStart, AbortsALeftoverTransactionAfterASecondLook) {
  FakeHaproxy haproxy = with(first, {});
  haproxy.transaction = {f.text(), "half"};
  SessionStart start;
  const Trace trace = run(start, haproxy);
  EXPECT_FALSE(trace.failure);
  EXPECT_THAT(trace.lines,
              ElementsAre("prompt",
                          "show info",
                          "show ssl cert",
                          "wait 400",
                          "show ssl cert",
                          "wait 400",
                          "show ssl cert",
                          "abort ssl cert /d/F.pem",
                          "show ssl cert"));
  EXPECT_EQ(haproxy, with(first, {}));
  EXPECT_FALSE(start.certificates().transaction);
}

TEST(SessionStart, LeavesTheTransactionOfAToolThatIsAtWork) {
  FakeHaproxy haproxy;
  haproxy.transaction = {"/d/G.pem", "half"};
  SessionStart start;
  const Trace trace = run(start, haproxy, [&](std::size_t step) {
    if (step == 3) haproxy.transaction.reset();  // the tool commits
    return std::nullopt;
  });
  EXPECT_FALSE(trace.failure);
  EXPECT_EQ(trace.lines.back(), "show ssl cert");
  EXPECT_EQ(trace.lines.size(), 5u);
}

TEST(SessionStart, FailsIfTheTransactionComesBack) {
  FakeHaproxy haproxy;
  haproxy.transaction = {"/d/G.pem", "half"};
  SessionStart start;
  const Trace trace = run(start, haproxy, [&](std::size_t) {
    haproxy.transaction = {"/d/G.pem", "half"};
    return std::nullopt;
  });
  EXPECT_EQ(trace.failure->code, Errc::other_transaction);
}

TEST(SessionStart, FailsIfTheTransactionCannotBeNamed) {
  FakeHaproxy haproxy;
  haproxy.transaction = {"/d/with blank; and more", "half"};
  SessionStart start;
  const Trace trace = run(start, haproxy);
  EXPECT_EQ(trace.failure->code, Errc::foreign_transaction);
  EXPECT_EQ(trace.lines.back(), "show ssl cert");
}

TEST(SessionStart, RefusesAProcessThatIsBeingRetired) {
  FakeHaproxy haproxy;
  haproxy.stopping = true;
  SessionStart start;
  EXPECT_EQ(run(start, haproxy).failure->code, Errc::process_stopping);
}

TEST(SessionStart, SelectsTheWorkerOnAMastersSocket) {
  FakeHaproxy haproxy;
  SessionStart start(1);
  const Trace trace = run(start, haproxy);
  EXPECT_FALSE(trace.failure);
  ASSERT_GE(trace.lines.size(), 3u);
  EXPECT_EQ(trace.lines[0], "prompt");
  EXPECT_EQ(trace.lines[1], "@1");
  EXPECT_EQ(trace.lines[2], "show info");
}

TEST(SessionStart, SendsNothingMoreToAVersionThatIsTooOld) {
  FakeHaproxy haproxy;
  haproxy.version = "2.2.29";
  SessionStart start;
  const Trace trace = run(start, haproxy);
  EXPECT_EQ(trace.failure->code, Errc::version_too_old);
  EXPECT_EQ(trace.lines.back(), "show info");
}

TEST(SessionStart, FailsAtWhicheverStepFails) {
  for (std::size_t step = 0; step < 3; ++step) {
    FakeHaproxy haproxy;
    SessionStart start;
    EXPECT_EQ(run(start, haproxy, at(step, Errc::permission_denied)).failure->code,
              Errc::permission_denied);
  }
}

// All of them

std::vector<std::unique_ptr<Sequence>> every_sequence() {
  std::vector<std::unique_ptr<Sequence>> all;
  all.push_back(std::make_unique<SessionStart>());
  all.push_back(std::make_unique<AddCertificate>(l, CrtListLine(f), first));
  all.push_back(std::make_unique<RenewCertificate>(f, renewed));
  all.push_back(std::make_unique<RemoveCertificate>(l, f));
  return all;
}

TEST(Sequence, SendsNothingMoreOnceTheSessionIsOver) {
  for (const Errc code :
       {Errc::timeout, Errc::connection_closed, Errc::protocol_error, Errc::unexpected_reply}) {
    for (std::size_t step = 0; step < 2; ++step) {
      for (const auto& sequence : every_sequence()) {
        FakeHaproxy haproxy = with(first, {f.text()});
        const Trace trace = run(*sequence, haproxy, at(step, code));
        ASSERT_TRUE(trace.failure);
        EXPECT_EQ(trace.failure->code, code);
        EXPECT_EQ(trace.lines.size(), step + 1);
      }
    }
  }
}

TEST(Sequence, SendsACommandThatFoundTheLockAgainAfterAPause) {
  FakeHaproxy haproxy = with(first, {});
  RenewCertificate renew(f, renewed);
  const Trace trace = run(renew, haproxy, [](std::size_t step) {
    return step == 1 || step == 2 ? std::optional(RuntimeError{Errc::locked, ""}) : std::nullopt;
  });
  EXPECT_FALSE(trace.failure);
  EXPECT_THAT(trace.lines,
              ElementsAre("set ssl cert /d/F.pem <<",
                          "commit ssl cert /d/F.pem",
                          "wait 20",
                          "commit ssl cert /d/F.pem",
                          "wait 40",
                          "commit ssl cert /d/F.pem"));
  EXPECT_EQ(haproxy, with(renewed, {}));
}

TEST(Sequence, GivesUpOnALockThatLastsTenSeconds) {
  for (const auto& sequence : every_sequence()) {
    FakeHaproxy haproxy;
    const Trace trace = run(*sequence, haproxy, [](std::size_t) {
      return std::optional(RuntimeError{Errc::locked, ""});
    });
    EXPECT_EQ(trace.failure->code, Errc::locked);
    int waited = 0;
    for (const std::string& line : trace.lines) {
      if (line.starts_with("wait ")) waited += std::stoi(line.substr(5));
    }
    EXPECT_GT(waited, 9000);
    EXPECT_LT(waited, 12000);
  }
}

}  // namespace
}  // namespace haproxy

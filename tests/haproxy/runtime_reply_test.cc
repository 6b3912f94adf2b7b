#include "haproxy/runtime_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/haproxy/runtime_fixtures.h"

namespace haproxy {
namespace {

using test::certificate_name;
using test::list_name;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const CertificateName f = certificate_name("/d/F.pem");
const CrtListName l = list_name("/d/L");

const Command make_new = NewCertificate{f};
const Command set = SetCertificate{f, test::pem("bundle.pem")};
const Command commit = CommitCertificate{f};
const Command abort_transaction = AbortCertificate{f};
const Command del = DeleteCertificate{f};
const Command add = AddToCrtList{l, CrtListLine(f)};
const Command delist = DeleteFromCrtList{l, f, std::nullopt};
const Command show = ShowCertificate{f};
const Command show_all = ShowCertificates{};
const Command show_list = ShowCrtList{l};

struct Success {
  const Command& command;
  std::string text;
};

TEST(RuntimeReply, IsChangedForEveryTextOfSuccess) {
  const Command prompt = Prompt{};
  const Success successes[] = {
      {prompt, ""},
      {make_new, "New empty certificate store '/d/F.pem'!"},
      {set, "Transaction created for certificate /d/F.pem!"},
      {set, "Transaction updated for certificate /d/F.pem!"},
      {set, "+ + + + Transaction created for certificate /d/F.pem!"},
      {commit, "Committing /d/F.pem\nSuccess!"},
      {commit, "Committing /d/F.pem....\nSuccess!"},
      {commit, "Committing /d/F.pem.\na warning\nSuccess!"},
      {abort_transaction, "Transaction aborted for certificate '/d/F.pem'!"},
      {del, "Certificate '/d/F.pem' deleted!"},
      {add, "Inserting certificate '/d/F.pem' in crt-list '/d/L'..\nSuccess!"},
      {add, "+ + Inserting certificate '/d/F.pem' in crt-list '/d/L'.\nSuccess!"},
      {delist, "Entry '/d/F.pem' deleted in crtlist '/d/L'!"},
  };
  for (const Success& success : successes) {
    const auto reply = parse_reply(success.command, success.text);
    ASSERT_TRUE(reply) << success.text;
    EXPECT_TRUE(std::holds_alternative<Changed>(*reply)) << success.text;
  }
}

struct Failure {
  const Command& command;
  std::string text;
  Errc code;
};

// Every text of HAProxy's, 2.4 to 3.5.
TEST(RuntimeReply, IsATypedErrorForEveryTextOfFailure) {
  const Command show_lists = ShowCrtLists{};
  const std::string locked = "Operations on certificates are currently locked!";
  const Failure failures[] = {
      {make_new, "Permission denied", Errc::permission_denied},
      {show_lists, "Permission denied", Errc::permission_denied},
      {show_all, "Can't allocate memory!", Errc::permission_denied},
      {make_new, "Certificate '/d/F.pem' already exists!", Errc::already_exists},
      {make_new, "'new ssl cert' expects a filename", Errc::bad_command},
      {make_new, "Can't create a certificate!\n" + locked, Errc::locked},
      {set,
       "+ + Can't replace a certificate which is not referenced by the configuration!\n"
       "Can't update /d/F.pem!",
       Errc::not_found},
      {set,
       "unable to load certificate from file '/d/F.pem'.\nCan't load the payload\nCan't update "
       "/d/F.pem!",
       Errc::bad_pem},
      {set,
       "unable to load certificate from file '/d/F.pem': no start line.\nCan't load the "
       "payload\nCan't update /d/F.pem!",
       Errc::bad_pem},
      {set,
       "The ongoing transaction is about '/d/G.pem' but you are trying to set '/d/F.pem'\nCan't "
       "update /d/F.pem!",
       Errc::other_transaction},
      {set, "'set ssl cert expects a filename and a certificate as a payload", Errc::bad_command},
      {set, "'set ssl cert' expects a filename and a certificate as a payload", Errc::bad_command},
      {set, "Can't update the certificate!\n" + locked, Errc::locked},
      {set,
       "The payload is too big. Please change 'tune.cli.max-payload-size' to a higher value.",
       Errc::too_big},
      {set,
       "The command line is too big for the buffer size. Please change tune.bufsize",
       Errc::too_big},
      {commit, "No ongoing transaction! !\nCan't commit /d/F.pem!", Errc::no_transaction},
      {commit,
       "The ongoing transaction is about '/d/G.pem' but you are trying to set '/d/F.pem'\nCan't "
       "commit /d/F.pem!",
       Errc::other_transaction},
      {commit,
       "inconsistencies between private key and certificate loaded '/d/F.pem'.\nCan't commit "
       "/d/F.pem!",
       Errc::key_mismatch},
      {commit,
       "The transaction must contain at least a certificate and a private key!\nCan't commit "
       "/d/F.pem!",
       Errc::key_missing},
      {commit,
       "Committing /d/F.pem.\nunable to load SSL private key into SSL Context '/d/F.pem': no "
       "key\nFailed!",
       Errc::key_missing},
      {commit, "Committing /d/F.pem.\nsomething new\nFailed!", Errc::commit_failed},
      {commit, "Can't commit the certificate!\n" + locked, Errc::locked},
      {abort_transaction, "No ongoing transaction!", Errc::no_transaction},
      {abort_transaction,
       "The ongoing transaction is about '/d/G.pem' but you are trying to abort a transaction for "
       "'/d/F.pem'",
       Errc::other_transaction},
      {abort_transaction, "Can't abort!\n" + locked, Errc::locked},
      {del, "Can't remove the certificate: certificate '/d/F.pem' doesn't exist!", Errc::not_found},
      {del,
       "Can't remove the certificate: certificate '/d/F.pem' in use, can't be deleted!",
       Errc::in_use},
      {del,
       "Can't remove the certificate: certificate '/d/F.pem' in use for JWT validation, can't be "
       "deleted!",
       Errc::in_use},
      {del,
       "Can't remove the certificate: ongoing transaction for the certificate '/d/F.pem'",
       Errc::transaction_open},
      {del, "Can't delete the certificate!\n" + locked, Errc::locked},
      {add, "Can't edit the crt-list: crt-list '/d/L' does not exist!", Errc::list_not_found},
      {add, "Can't edit the crt-list: certificate '/d/F.pem' does not exist!", Errc::not_found},
      {add, "Can't edit the crt-list: certificate '/d/F.pem' is empty!", Errc::certificate_empty},
      {add, "Can't edit the crt-list: only one line of payload is supported!", Errc::bad_list_line},
      {add,
       "+ + Can't edit the crt-list: parsing [CLI:1]: unknown ssl keyword foo",
       Errc::bad_list_line},
      {add,
       "Can't edit the crt-list: file already exists in this directory!",
       Errc::already_in_directory},
      {add,
       "Can't edit the crt-list: this is a directory, SSL configuration and filters are not "
       "allowed",
       Errc::directory_without_options},
      {add,
       "Can't edit the crt-list: '/d/L' is a directory, certificate path '/d/F.pem' must contain "
       "the directory path",
       Errc::outside_directory},
      {add,
       "Can't edit the crt-list: '/d/F.pem' is already instantiated with incompatible parameters: "
       "ocsp-update",
       Errc::incompatible_parameters},
      {add, "'add ssl crtlist' expects a filename and a certificate name", Errc::bad_command},
      {add,
       "Inserting certificate '/d/F.pem' in crt-list '/d/L'.\nunable to load SSL private key into "
       "SSL Context '/d/F.pem': no key\nFailed!",
       Errc::key_missing},
      {delist, "Can't delete the entry: crt-list '/d/L' does not exist!", Errc::list_not_found},
      {delist, "Can't delete the entry: certificate '/d/F.pem' does not exist!", Errc::not_found},
      {delist,
       "Can't delete the entry: certificate '/d/F.pem' can't be found in crt-list '/d/L'!",
       Errc::not_in_list},
      {delist,
       "Can't delete the entry: found the certificate '/d/F.pem' in several entries, please "
       "specify a line number preceded by colons (6, 7)!",
       Errc::several_entries},
      {delist,
       "Can't delete the entry: found a certificate '/d/F.pem' but the line number is incorrect, "
       "please specify a correct line number preceded by colons (6, 7)!",
       Errc::wrong_line},
      {delist,
       "Can't delete the entry: wrong line number after colons in '/d/F.pem:x'!",
       Errc::bad_command},
      {delist,
       "Can't delete the entry: certificate '/d/F.pem' cannot be deleted, it is used as default "
       "certificate by the following frontends:\n\t- https-in:1 (/d/L:1)",
       Errc::default_certificate},
      {delist, "Can't delete!\n" + locked, Errc::locked},
      {show,
       "Can't display the certificate: Not found or the certificate is a bundle!",
       Errc::not_found},
      {show, "Can't show!\n" + locked, Errc::locked},
      {show_all, "Can't show!\n" + locked, Errc::locked},
      {show_list, "didn't find the specified filename", Errc::list_not_found},
      {show_list, "'show ssl crt-list -n' expects a filename or a directory", Errc::bad_command},
      {show_all, "Unknown command: 'show ssl cert'.\nPlease enter one of", Errc::unknown_command},
      {show_all, "Unknown command. Please enter one of", Errc::unknown_command},
      {show_all, "Can't find the target PID matching the prefix '@!123'", Errc::process_not_found},
  };
  for (const Failure& failure : failures) {
    const auto reply = parse_reply(failure.command, failure.text);
    ASSERT_FALSE(reply) << failure.text;
    EXPECT_EQ(reply.error().code, failure.code) << failure.text;
    EXPECT_EQ(reply.error().command, to_string(failure.command));
  }
}

TEST(RuntimeReply, NamesTheCertificateThatAPayloadLandedIn) {
  const auto reply = parse_reply(set, "+ + Transaction updated for certificate /d/G.pem!");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::misdirected);
  EXPECT_EQ(reply.error().detail, "/d/G.pem");
}

TEST(RuntimeReply, IsUnexpectedForTheSuccessOfAnotherCommand) {
  const Success foreign[] = {
      {make_new, "New empty certificate store '/d/G.pem'!"},
      {make_new, ""},
      {commit, "Committing /d/G.pem.\nSuccess!"},
      {commit, "Committing /d/F.pem2.\nSuccess!"},
      {commit, "Committing /d/F.pem."},
      {commit, "Success!"},
      {abort_transaction, "Transaction aborted for certificate '/d/G.pem'!"},
      {del, "Certificate '/d/G.pem' deleted!"},
      {add, "Inserting certificate '/d/F.pem' in crt-list '/d/L2'.\nSuccess!"},
      {delist, "Entry '/d/F.pem' deleted in crtlist '/d/L2'!"},
      {show_list, "# /d/L2\n/d/F.pem:1"},
      {show, "Serial: 1"},
      {show_all, "/d/F.pem"},
  };
  for (const Success& text : foreign) {
    const auto reply = parse_reply(text.command, text.text);
    ASSERT_FALSE(reply) << text.text;
    EXPECT_EQ(reply.error().code, Errc::unexpected_reply) << text.text;
  }
}

TEST(RuntimeReply, IsSuccessOnlyWhenItIsWhole) {
  for (const auto& [command, whole] : {
           Success{make_new, "New empty certificate store '/d/F.pem'!"},
           Success{set, "+ + Transaction created for certificate /d/F.pem!"},
           Success{commit, "Committing /d/F.pem....\nSuccess!"},
           Success{abort_transaction, "Transaction aborted for certificate '/d/F.pem'!"},
           Success{del, "Certificate '/d/F.pem' deleted!"},
           Success{add, "Inserting certificate '/d/F.pem' in crt-list '/d/L'..\nSuccess!"},
           Success{delist, "Entry '/d/F.pem' deleted in crtlist '/d/L'!"},
       }) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(parse_reply(command, whole.substr(0, size))) << whole.substr(0, size);
  }
}

TEST(RuntimeReply, CutsTheDetailOfAnEndlessText) {
  const auto reply = parse_reply(make_new, std::string(30000, 'x'));
  EXPECT_EQ(reply.error().detail.size(), 2048u);
}

TEST(RuntimeReply, ShowsTheProcess) {
  const auto reply = parse_reply(ShowInfo{},
                                 "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 10784\nUptime: 0d "
                                 "0h00m01s\nUptime_sec: 61\nStopping: 0\nnode: a");
  ASSERT_TRUE(reply);
  EXPECT_EQ(std::get<ProcessInfo>(*reply),
            (ProcessInfo{{2, 6, 12}, 10784, std::chrono::seconds(61), false}));
  const auto retired =
      parse_reply(ShowInfo{}, "Version: 3.4.0\nPid: 1\nUptime_sec: 1\nStopping: 1");
  EXPECT_TRUE(std::get<ProcessInfo>(*retired).stopping);
  EXPECT_FALSE(std::get<ProcessInfo>(*retired).started);
  EXPECT_EQ(std::get<ProcessInfo>(*retired).threads, 1u);
  const auto started = parse_reply(ShowInfo{},
                                   "Version: 2.6.12\nNbthread: 4\nPid: 1\nUptime_sec: 2\n"
                                   "Stopping: 0\nStart_time_sec: 1795698480");
  EXPECT_EQ(std::get<ProcessInfo>(*started).threads, 4u);
  EXPECT_EQ(std::get<ProcessInfo>(*started).started,
            std::chrono::sys_seconds(std::chrono::seconds(1795698480)));
  for (const char* bad : {"",
                          "Version: 2.6.12\nPid: x\nUptime_sec: 1",
                          "Version: 2.6.12\nPid: 99999999999999999999\nUptime_sec: 1",
                          "Version: 2.6.12\nPid: 1"})
    EXPECT_EQ(parse_reply(ShowInfo{}, bad).error().code, Errc::unexpected_reply) << bad;
}

TEST(RuntimeReply, ListsCertificatesAndTheOpenTransaction) {
  EXPECT_EQ(std::get<CertificateListing>(*parse_reply(show_all, "")), CertificateListing{});
  EXPECT_EQ(std::get<CertificateListing>(*parse_reply(show_all, "# filename\n/a.pem\n/b.pem")),
            (CertificateListing{std::nullopt, {"/a.pem", "/b.pem"}}));
  EXPECT_EQ(std::get<CertificateListing>(
                *parse_reply(show_all, "# transaction\n*/a.pem\n# filename\n/a.pem")),
            (CertificateListing{"/a.pem", {"/a.pem"}}));
  EXPECT_EQ(std::get<CertificateListing>(*parse_reply(show_all, "# transaction\n*/a.pem")),
            (CertificateListing{"/a.pem", {}}));
}

TEST(RuntimeReply, ShowsWhatIdentifiesACertificate) {
  const auto reply = parse_reply(
      show,
      "Filename: /d/F.pem\nStatus: Used\nSerial: 0A01\nnotBefore: Nov 24 02:15:19 2026 "
      "GMT\nnotAfter: Dec 24 02:15:19 2026 GMT\nSubject Alternative Name: DNS:a.example, IP "
      "Address:127.0.0.1, DNS:*.b.example\nAlgorithm: EC256\nSHA1 FingerPrint: "
      "C5C9CD349CDBD89187A3871C4D85CD8548169F9A\nSubject: /CN=a.example\nIssuer: /CN=x\nOCSP "
      "Response Key: ");
  ASSERT_TRUE(reply);
  EXPECT_EQ(std::get<CertificateDetails>(*reply),
            (CertificateDetails{CertificateStatus::used,
                                "0A01",
                                "Dec 24 02:15:19 2026 GMT",
                                "C5C9CD349CDBD89187A3871C4D85CD8548169F9A",
                                {"a.example", "*.b.example"}}));
}

TEST(RuntimeReply, KnowsEveryStatusOfACertificate) {
  const std::pair<std::string, CertificateStatus> statuses[] = {
      {"Empty", CertificateStatus::empty},
      {"Unused", CertificateStatus::unused},
      {"Used", CertificateStatus::used},
      {"Uncommitted", CertificateStatus::uncommitted},
      {"Used for JWT verification", CertificateStatus::used}};
  for (const auto& [text, status] : statuses) {
    const auto reply = parse_reply(show, "Filename: /d/F.pem\nStatus: " + text);
    EXPECT_EQ(std::get<CertificateDetails>(*reply).status, status) << text;
  }
  EXPECT_EQ(parse_reply(show, "Filename: /d/F.pem\nStatus: Odd").error().code,
            Errc::unexpected_reply);
}

// 2.6 and 3.4 print a NUL after an alpn value, 2.6 `[]` for no options.
TEST(RuntimeReply, ListsTheEntriesOfACrtList) {
  const std::string text = "# /d/L\n/d/a.pem:1\n/d/b.pem:12 [alpn h2" + std::string(1, '\0') +
                           "] x.example "
                           "!y.example\n/d/c.pem:13 []";
  const auto reply = parse_reply(show_list, text);
  ASSERT_TRUE(reply);
  EXPECT_EQ(std::get<CrtListListing>(*reply),
            (CrtListListing{{{{"/d/a.pem", "", {}}, 1},
                             {{"/d/b.pem", "alpn h2", {"x.example", "!y.example"}}, 12},
                             {{"/d/c.pem", "", {}}, 13}}}));
  EXPECT_EQ(std::get<CrtListListing>(*parse_reply(show_list, "# /d/L")), CrtListListing{});
  EXPECT_FALSE(parse_reply(show_list, "# /d/L\n/d/a.pem"));
  EXPECT_FALSE(parse_reply(show_list, "# /d/L\n/d/a.pem:x"));
}

TEST(RuntimeReply, ListsTheCrtLists) {
  EXPECT_EQ(std::get<CrtListNames>(*parse_reply(ShowCrtLists{}, "/d/L\n/d/M")),
            (CrtListNames{{"/d/L", "/d/M"}}));
}

TEST(RuntimeReply, TellsTheLinesOfSeveralEntries) {
  EXPECT_THAT(parse_entry_lines("... preceded by colons (6, 7)!"), ElementsAre(6, 7));
  EXPECT_THAT(parse_entry_lines("x (1) colons (12)!"), ElementsAre(12));
  EXPECT_THAT(parse_entry_lines("colons (6, 7"), ElementsAre(6));  // cut: 7 may be the start of 71
  for (const char* none : {"", "(", "()", "(x)", "(99999999999)", "6, 7"})
    EXPECT_THAT(parse_entry_lines(none), IsEmpty()) << none;
}

TEST(RuntimeReply, ExplainsAnErrorInOneSentence) {
  const auto reply = parse_reply(make_new, "Certificate '/d/F.pem' already exists!");
  EXPECT_EQ(reply.error().message(),
            "new ssl cert /d/F.pem: the certificate exists already: Certificate '/d/F.pem' already "
            "exists!");
}

}  // namespace
}  // namespace haproxy

#include "haproxy/reply_reader.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace haproxy {
namespace {

base::Result<std::optional<std::string>> feed(ReplyReader& reader, std::string_view bytes) {
  base::Result<std::optional<std::string>> result = std::optional<std::string>();
  while (!bytes.empty()) {
    const auto space = reader.prepare();
    const std::size_t n = std::min(space.size(), bytes.size());
    std::copy_n(bytes.begin(), n, space.begin());
    bytes.remove_prefix(n);
    result = reader.commit(n);
    if (!result) return result;
  }
  return result;
}

TEST(ReplyReader, EndsAReplyAtThePrompt) {
  ReplyReader reader;
  EXPECT_EQ(**feed(reader, "\n> "), "");
  EXPECT_EQ(**feed(reader, "2.6.12-1+deb12u4\n\n> "), "2.6.12-1+deb12u4");
  EXPECT_EQ(**feed(reader, "> "), "");
}

TEST(ReplyReader, KeepsEmptyLinesInsideAReply) {
  ReplyReader reader;
  EXPECT_EQ(**feed(reader, "Can't remove the certificate: in use\n\n\n> "),
            "Can't remove the certificate: in use");
  EXPECT_EQ(**feed(reader, "a\n\nb\n\n> "), "a\n\nb");
}

TEST(ReplyReader, DoesNotTakeAnArrowInsideALineForThePrompt) {
  ReplyReader reader;
  EXPECT_FALSE(*feed(reader, "a > "));
  EXPECT_EQ(reader.partial(), "a > ");
  EXPECT_EQ(**feed(reader, "b\n\n> "), "a > b");
}

TEST(ReplyReader, KnowsAMastersPromptsOnlyOnAMastersSocket) {
  for (const char* prompt : {"master> ", "master[ReloadFailed]> ", "28249> ", "> "}) {
    ReplyReader reader(1000, PromptStyle::master);
    EXPECT_EQ(**feed(reader, std::string("2.6.12\n\n") + prompt), "2.6.12") << prompt;
    EXPECT_EQ(**feed(reader, prompt), "") << prompt;
  }
  ReplyReader master(1000, PromptStyle::master);
  EXPECT_FALSE(*feed(master, "2.6.12\n\nother> "));
  ReplyReader process(1000);
  EXPECT_FALSE(*feed(process, "2.6.12\n\n28249> "));
}

TEST(ReplyReader, GivesTheSameReplyHoweverTheBytesAreCut) {
  const std::string bytes = "+ + Inserting certificate 'F' in crt-list 'L'.\nSuccess!\n\n> ";
  const std::string reply = "+ + Inserting certificate 'F' in crt-list 'L'.\nSuccess!";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    ReplyReader reader;
    const auto first = feed(reader, bytes.substr(0, cut));
    ASSERT_TRUE(first);
    EXPECT_FALSE(*first) << cut;
    EXPECT_EQ(**feed(reader, bytes.substr(cut)), reply) << cut;
  }
  ReplyReader reader;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
    EXPECT_FALSE(*feed(reader, bytes.substr(i, 1)));
  EXPECT_EQ(**feed(reader, bytes.substr(bytes.size() - 1)), reply);
}

TEST(ReplyReader, TakesAListingOfTensOfMegabytes) {
  std::string listing = "# filename\n";
  while (listing.size() < (std::size_t{20} << 20))
    listing += "/var/lib/acme-spoa/haproxy/3b/shop-number.customer.example.pem\n";
  ReplyReader reader;
  const auto reply = feed(reader, listing + "\n> ");
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ((*reply)->size(), listing.size() - 1);
  EXPECT_EQ(**feed(reader, "next\n\n> "), "next");
}

TEST(ReplyReader, RefusesTwoRepliesInOne) {
  ReplyReader reader;
  EXPECT_EQ(feed(reader, "one\n\n> two\n\n> ").error(), Errc::protocol_error);
}

TEST(ReplyReader, RefusesAReplyThatDoesNotEnd) {
  ReplyReader reader(1000);
  EXPECT_TRUE(feed(reader, std::string(1000, 'x')));
  EXPECT_EQ(feed(reader, "x").error(), Errc::protocol_error);
}

}  // namespace
}  // namespace haproxy

#include "spop/action.h"

#include <cstring>

#include <gtest/gtest.h>

#include "spop/action_reader.h"
#include "spop/action_writer.h"
#include "tests/spop/wire.h"

namespace spop_tests {
namespace {

using spop::ActionReader;
using spop::ActionType;
using spop::ActionView;
using spop::ActionWriter;
using spop::ByteBuffer;
using spop::Scope;
using spop::TypedData;

std::vector<ActionView> read_all(std::span<const std::byte> payload) {
  std::vector<ActionView> actions;
  ActionReader reader(payload);
  while (const auto action = reader.next()) actions.push_back(*action);
  return actions;
}

TEST(ActionWriter, WritesTheCapturedBytes) {
  ByteBuffer output;
  ActionWriter actions(output);
  actions.set_var(Scope::transaction, "found", true);
  EXPECT_EQ(to_hex(output), to_hex(from_hex("01 03 02 05 66 6f 75 6e 64 11")));
  actions.set_var(Scope::transaction, "keyauth", "tok.thumb");
  const auto payload = without_prefix(captured_ack).subspan(spop::min_frame_size);
  EXPECT_EQ(to_hex(output), to_hex(payload));
}

TEST(ActionWriter, UnsetsAVariable) {
  ByteBuffer output;
  ActionWriter(output).unset_var(Scope::transaction, "found");
  EXPECT_EQ(to_hex(output), to_hex(from_hex("02 02 02 05 66 6f 75 6e 64")));
}

TEST(ActionWriter, ChoosesTheTypeByTheValue) {
  ByteBuffer output;
  ActionWriter actions(output);
  const char* const pointer = "text";  // and not true
  actions.set_var(Scope::process, "a", pointer);
  actions.set_var(Scope::session, "b", false);
  actions.set_var(Scope::request, "c", -1);
  actions.set_var(Scope::response, "d", TypedData());
  const std::vector<ActionView> expected = {
      {ActionType::set_var, Scope::process, "a", TypedData::string("text")},
      {ActionType::set_var, Scope::session, "b", TypedData::boolean(false)},
      {ActionType::set_var, Scope::request, "c", TypedData::int64(-1)},
      {ActionType::set_var, Scope::response, "d", TypedData()},
  };
  EXPECT_EQ(read_all(output.bytes()), expected);
}

TEST(ActionWriter, LeavesOutWhatExceedsTheLimit) {
  ByteBuffer output;
  output.append(from_hex("aa"));  // the limit counts from here
  ActionWriter actions(output, 10);
  EXPECT_TRUE(actions.empty());
  actions.set_var(Scope::transaction, "found", true);
  EXPECT_FALSE(actions.overflowed());
  EXPECT_EQ(actions.size(), 10U);
  actions.unset_var(Scope::transaction, "");
  EXPECT_TRUE(actions.overflowed());
  EXPECT_EQ(actions.size(), 10U);
}

TEST(ActionWriter, GivesSpaceForAStringThatTheCallerWrites) {
  ByteBuffer output;
  ActionWriter actions(output, 20);
  std::byte* const space = actions.set_string(Scope::transaction, "keyauth", 7);
  ASSERT_NE(space, nullptr);
  std::memcpy(space, "a.thumb", 7);
  ByteBuffer whole;
  ActionWriter(whole).set_var(Scope::transaction, "keyauth", "a.thumb");
  EXPECT_EQ(to_hex(output), to_hex(whole));
  EXPECT_EQ(actions.set_string(Scope::transaction, "", 0), nullptr);
  EXPECT_TRUE(actions.overflowed());
  EXPECT_EQ(actions.size(), 20U);
}

TEST(ActionWriter, AppendsWhatAnotherHasWritten) {
  ByteBuffer first;
  ActionWriter(first).set_var(Scope::transaction, "found", true);
  ByteBuffer second;
  ActionWriter actions(second, 15);
  actions.append(first.bytes());
  EXPECT_EQ(to_hex(second), to_hex(first));
  actions.append(first.bytes());
  EXPECT_TRUE(actions.overflowed());
  EXPECT_EQ(actions.size(), 10U);
}

TEST(ActionReader, ReadsTheCapturedAck) {
  const auto payload = without_prefix(captured_ack).subspan(spop::min_frame_size);
  const std::vector<ActionView> expected = {
      {ActionType::set_var, Scope::transaction, "found", TypedData::boolean(true)},
      {ActionType::set_var, Scope::transaction, "keyauth", TypedData::string("tok.thumb")},
  };
  EXPECT_EQ(read_all(payload), expected);
}

TEST(ActionReader, StopsAtTheFirstBadAction) {
  const char* const bad[] = {
      "03 03 02 01 61 11",  // type
      "00 03 02 01 61 11",
      "01 02 02 01 61 11",  // number of arguments
      "02 03 02 01 61",
      "01 03 05 01 61 11",  // scope
  };
  for (const char* bytes : bad) {
    Bytes payload = from_hex("02 02 02 01 62");
    const Bytes action = from_hex(bytes);
    payload.insert(payload.end(), action.begin(), action.end());
    ActionReader reader(payload);
    EXPECT_TRUE(reader.next()) << bytes;
    EXPECT_FALSE(reader.next()) << bytes;
    EXPECT_TRUE(reader.failed()) << bytes;
  }
}

TEST(ActionReader, FailsWhenCutInsideAnAction) {
  ByteBuffer output;
  ActionWriter(output).set_var(Scope::transaction, "keyauth", "tok.thumb");
  for_each_cut(output.bytes(), [](std::span<const std::byte> cut) {
    ActionReader reader(cut);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.failed(), !cut.empty());
  });
}

}  // namespace
}  // namespace spop_tests

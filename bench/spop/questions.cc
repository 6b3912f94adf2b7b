#include "bench/spop/questions.h"

#include <random>

#include "bench/spop/population.h"
#include "spop/action_writer.h"
#include "spop/encode.h"

namespace bench {
namespace {

constexpr std::size_t question_count = 200'000;
constexpr auto scope = spop::Scope::transaction;

void write_constant(spop::ByteBuffer& output) {
  spop::ActionWriter(output).set_var(scope, "key_auth", key_authorization(0));
}

}  // namespace

Questions::Questions(std::size_t hostnames, std::size_t tokens, Answers answers) {
  std::mt19937_64 random(1);
  entries_.reserve(question_count);
  while (entries_.size() < question_count) {
    add_challenge(random() % tokens, answers);
    add_status(random() % hostnames, answers);
  }
}

void Questions::add_challenge(std::size_t token_number, Answers answers) {
  const std::size_t begin = bytes_.size();
  const std::string host = hostname(token_number);
  const std::string path = "/.well-known/acme-challenge/" + token(token_number);
  const spop::ArgumentView arguments[] = {{"host", spop::TypedData::string(host)},
                                          {"path", spop::TypedData::string(path)}};
  spop::encode_message({"acme-challenge", arguments}, bytes_);
  const std::size_t question_end = bytes_.size();
  if (answers == Answers::constant) {
    write_constant(bytes_);
  } else {
    spop::ActionWriter(bytes_).set_var(scope, "key_auth", key_authorization(token_number));
  }
  finish(begin, question_end);
}

void Questions::add_status(std::size_t host_number, Answers answers) {
  const std::size_t begin = bytes_.size();
  const std::string host = hostname(host_number);
  const spop::ArgumentView arguments[] = {{"host", spop::TypedData::string(host)}};
  spop::encode_message({"tls-status", arguments}, bytes_);
  const std::size_t question_end = bytes_.size();
  if (answers == Answers::constant) {
    write_constant(bytes_);
  } else {
    spop::ActionWriter actions(bytes_);
    actions.set_var(scope, "cert_present", true);
    actions.set_var(scope, "https_redirect", true);
    actions.set_var(scope, "cert_state", "ready");
  }
  finish(begin, question_end);
}

void Questions::finish(std::size_t begin, std::size_t question_end) {
  entries_.push_back({static_cast<std::uint32_t>(begin),
                      static_cast<std::uint16_t>(question_end - begin),
                      static_cast<std::uint16_t>(bytes_.size() - question_end)});
}

}  // namespace bench

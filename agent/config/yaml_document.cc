#include "agent/config/yaml_document.h"

#include <exception>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace agent {
namespace {

constexpr std::size_t max_depth = 16;

YamlPlace place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

/// What YAML::Parser may be left with; carries our error through its frames.
struct Refused : std::exception {
  explicit Refused(YamlError error_) : error(std::move(error_)) {}
  YamlError error;
};

[[noreturn]] void refuse(const YAML::Mark& mark, std::string message) {
  throw Refused({place_of(mark), std::move(message)});
}

/// Puts the nodes together as yaml-cpp meets them. An open collection waits on the stack; an open
/// map has its key there too, right above it, while the value is being read.
class Builder final : public YAML::EventHandler {
 public:
  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, anchor, "");
    add({.kind = YamlNode::Kind::null, .place = place_of(mark)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "an alias; write the value out");
  }
  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, anchor, tag);
    add({.kind = YamlNode::Kind::scalar,
         .place = place_of(mark),
         .text = value,
         .quoted = tag == "!"});
  }
  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    bool is_key_next = true;  // of a map
  };

  static void check(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    if (anchor != YAML::NullAnchor) refuse(mark, "an anchor; write the value out where it is used");
    // yaml-cpp's own marks: plain, quoted, none.
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "a tag; remove it");
  }

  void open(YamlNode::Kind kind,
            const YAML::Mark& mark,
            const std::string& tag,
            YAML::anchor_t anchor) {
    check(mark, anchor, tag);
    if (stack_.size() == max_depth) refuse(mark, "nested too deep");
    stack_.push_back({{.kind = kind, .place = place_of(mark)}});
  }

  void close() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.is_key_next) {
      parent.node.entries.push_back({std::move(node), {}});
      parent.is_key_next = false;
    } else {
      YamlEntry& entry = parent.node.entries.back();
      // yaml-cpp has seen no value when it is at what follows.
      if (node.kind == YamlNode::Kind::null) node.place = entry.key.place;
      entry.value = std::move(node);
      parent.is_key_next = true;
    }
  }

  YamlNode root_;
  std::vector<Open> stack_;
};

/// Only to find out whether there is a second document.
class Nothing final : public YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark& mark) override {
    refuse(mark, "a second document; expected only one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&,
                const std::string&,
                YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&,
                       const std::string&,
                       YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&,
                  const std::string&,
                  YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

}  // namespace

base::Result<YamlNode, YamlError> parse_yaml(std::string_view text) {
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    Builder builder;
    parser.HandleNextDocument(builder);
    Nothing nothing;
    parser.HandleNextDocument(nothing);
    return builder.take();
  } catch (const Refused& refused) {
    return base::Unexpected(refused.error);
  } catch (const YAML::Exception& e) {
    return base::Unexpected(YamlError{place_of(e.mark), "no well-formed YAML: " + e.msg});
  }
}

}  // namespace agent

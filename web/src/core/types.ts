/** The types of the client core as the screen uses them. Generated from Rust; nothing here is written by hand. */
export type {
  Change,
  ConnectionView,
  ConversationId,
  ConversationView,
  MessageKey,
  MessageView,
  PeopleView,
  PersonView,
  RegistrationPolicy,
  ServerInfo,
  SessionView,
  TimelineView,
  UserId,
} from './pkg/undertone_client_wasm';

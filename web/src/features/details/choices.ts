/** What is offered to do with a person, by both roles. It only keeps impossible choices off the screen: the core and every other device judge by the rule of the protocol. */
import type { MemberView, Role } from '../../core/types';

const RANK: Readonly<Record<Role, number>> = { read_only: 0, member: 1, admin: 2, owner: 3 };

/** Roles that can be given without being asked; making an owner is asked. */
export function rolesFor(mine: Role, member: MemberView): readonly Role[] {
  if (member.isMe || RANK[mine] <= RANK[member.role]) return [];
  if (mine === 'owner') return ['admin', 'member', 'read_only'];
  return mine === 'admin' ? ['member', 'read_only'] : [];
}

/** Whether this person can be made an owner beside oneself. */
export function canHandOver(mine: Role, member: MemberView): boolean {
  return mine === 'owner' && !member.isMe && member.role !== 'owner';
}

/** Whether this person can be put out. */
export function canRemove(mine: Role, member: MemberView): boolean {
  return RANK[mine] >= RANK.admin && !member.isMe && RANK[member.role] < RANK[mine];
}

/** People as the list shows them: who runs it, the members, who may only read. */
export function byRole(members: readonly MemberView[]) {
  const sorted = members.toSorted((a, b) => RANK[b.role] - RANK[a.role] || a.name.localeCompare(b.name));
  return {
    run: sorted.filter(({ role }) => role === 'owner' || role === 'admin'),
    members: sorted.filter(({ role }) => role === 'member'),
    readOnly: sorted.filter(({ role }) => role === 'read_only'),
  };
}

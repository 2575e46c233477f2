/** A boundary around what others sent: should drawing it fail, only it shows an error. With the next change of it, it is tried again. */
import { Component, type ReactNode } from 'react';

interface BoundedProps {
  /** What is drawn: when it is another one, it is tried again. */
  readonly of?: unknown;
  /** Instead of what could not be drawn. */
  readonly instead: ReactNode;
  readonly children: ReactNode;
}

interface BoundedState {
  readonly hasFailed: boolean;
  readonly of: unknown;
}

export class Bounded extends Component<BoundedProps, BoundedState> {
  override readonly state: BoundedState = { hasFailed: false, of: this.props.of };

  static getDerivedStateFromError(): Partial<BoundedState> {
    return { hasFailed: true };
  }

  static getDerivedStateFromProps({ of }: BoundedProps, state: BoundedState): BoundedState | null {
    return of === state.of ? null : { hasFailed: false, of };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.instead : this.props.children;
  }
}
